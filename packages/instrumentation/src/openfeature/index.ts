/** The parameters of this process as flags of OpenFeature. */

export { TrimtabProvider, type TrimtabProviderOptions } from "./trimtab-provider.ts";
