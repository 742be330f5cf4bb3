/** What a system of services is: who takes part, what each one needs, and what is learnt. */

/** Where the parts of a running system are. */
export interface SystemPlaces {
  readonly controllerUrl: string;
  /** By name of service or people: where it listens, or will. */
  readonly urls: Readonly<Record<string, string>>;
  readonly seed: number;
  /** Things a second and kind, for the people. */
  readonly rate: number;
}

/** A service that runs with `@trimtab/instrumentation/register`. */
export interface SystemService {
  /** Of its process and its log. */
  readonly name: string;
  /** In trimtab.yaml; it has a metrics page of its own. */
  readonly component: string;
  /** The folder of its example. */
  readonly folder: string;
  /** The program, as a path. */
  readonly program: string;
  /** Beside PORT and what the instrumentation needs. @param stateFolder Of its own, empty at the start. */
  readonly environment: (places: SystemPlaces, stateFolder: string) => Readonly<Record<string, string>>;
  /** It keeps feedback and tells of it at `GET /counts`. */
  readonly hasFeedback: boolean;
}

/** A program that plays people: it tells `PeopleCounts`, and finishes on the message "finish". */
export interface SystemPeople {
  readonly name: string;
  /** What they do, for the picture: "posts". */
  readonly deeds: string;
  readonly folder: string;
  readonly program: string;
  /** @param port A free one, for people who can be called back. */
  readonly args: (places: SystemPlaces, port: number) => readonly string[];
}

/** Some other program that the services need, without metrics of its own. It tells something once it listens. */
export interface SystemHelper {
  readonly name: string;
  readonly folder: string;
  readonly program: string;
  /** @param port Where it is to listen. */
  readonly args: (places: SystemPlaces, port: number) => readonly string[];
}

/** A system that runs by one command. */
export interface System {
  /** How a person starts it, for advice: `npm run example:artists --`. */
  readonly command: string;
  /** What it is, in a sentence or two: the head of the help. */
  readonly about: string;
  /** The folder of the example that starts it. */
  readonly folder: string;
  /** Its state, below `.trimtab` in the clone. */
  readonly stateName: string;
  readonly helpers?: readonly SystemHelper[];
  /** In the order of their start. */
  readonly services: readonly SystemService[];
  readonly people: readonly SystemPeople[];
  /** The trimtab.yaml files whose components the controller gets. */
  readonly configurations: readonly string[];
  /** Things a second and kind, where nothing else is asked for. */
  readonly rate: number;
  /** Further lines of the help, for what whoever starts the system takes from the arguments beforehand. */
  readonly furtherOptions?: readonly string[];
  /** Whose suggestions are accepted in the place of a person, and what the service says it has applied. */
  readonly suggestionTarget?: string;
}
