/** What a legal component, operation, parameter and context-key name is. Each check returns the problem, or nothing. */

const COMPONENT = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/;
const OPERATION = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const PARAMETER = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const CONTEXT_KEY = /^[a-z][a-z0-9_]{0,62}$/;

/** The variant label of a call that ran outside any allocation of ours. */
export const UNKNOWN_VARIANT = "unknown";

/** The value that free context labels collapse to when a process has seen too many of them. */
export const OTHER_CONTEXT_VALUE = "__other__";

/** The longest context value, in UTF-16 units, that becomes a label; longer ones are cut. */
export const MAXIMUM_CONTEXT_VALUE_LENGTH = 128;

/** @returns What is wrong with a component's name, or undefined. */
export function componentNameProblem(name: string): string | undefined {
  return COMPONENT.test(name)
    ? undefined
    : `"${name}" is no component name; write 1 to 128 letters, digits or _ . : / - and begin with a letter or digit`;
}

/** @returns What is wrong with an operation's name, or undefined. */
export function operationNameProblem(name: string): string | undefined {
  return OPERATION.test(name)
    ? undefined
    : `"${name}" is no operation name; write 1 to 128 letters, digits or _ . - and begin with a letter`;
}

/** @returns What is wrong with a parameter's name, or undefined. */
export function parameterNameProblem(name: string): string | undefined {
  return PARAMETER.test(name)
    ? undefined
    : `"${name}" is no parameter name; write 1 to 64 letters, digits or _ and begin with a letter`;
}

/** @returns What is wrong with a context key, or undefined. A key `genre` becomes the metric label `ctx_genre`. */
export function contextKeyProblem(key: string): string | undefined {
  return CONTEXT_KEY.test(key)
    ? undefined
    : `"${key}" is no context key; write 1 to 63 lower-case letters, digits or _ and begin with a letter`;
}
