/** The names of a module that is generated: as it is asked for, and as labels, files and code spell it. */

/** One name, spelt for each place. */
export interface ModuleNames {
  /** In labels and at the controller: `song_writer`. */
  readonly component: string;
  /** The package, its folder and its main file: `song-writer`. */
  readonly file: string;
  /** The definition in code: `songWriter`. */
  readonly value: string;
  /** Types and errors in code: `SongWriter`. */
  readonly type: string;
  /** In sentences: `song writer`. */
  readonly words: string;
}

const FORM = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;
const LONGEST = 50;

/** What JavaScript keeps for itself, or would hide from the generated code. */
const RESERVED = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in interface instanceof let module new null package private protected public return static super switch this throw true try typeof var void while with yield".split(
    " ",
  ),
);

/** @returns The names, or what is wrong with the one that was asked for and what the right form is. */
export function moduleNames(asked: string): ModuleNames | { readonly problem: string } {
  if (!FORM.test(asked)) {
    const proposal = proposalFor(asked);
    const hint = proposal === undefined ? "" : `; ${proposal} would do`;
    return {
      problem: `"${asked}" is no name for a module: lower-case letters and digits, with - or _ between words, beginning with a letter${hint}`,
    };
  }
  if (asked.length > LONGEST)
    return { problem: `"${asked}" has ${asked.length} characters; at most ${LONGEST} are allowed` };
  const parts = asked.split(/[-_]/);
  const type = parts.map(capitalized).join("");
  const value = type.charAt(0).toLowerCase() + type.slice(1);
  if (RESERVED.has(value)) return { problem: `"${asked}" is a word of JavaScript's own; ${asked}_module would do` };
  return { component: parts.join("_"), file: parts.join("-"), value, type, words: parts.join(" ") };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function proposalFor(asked: string): string | undefined {
  const name = asked
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "");
  return FORM.test(name) && name.length <= LONGEST ? name : undefined;
}
