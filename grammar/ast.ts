import type { SourceFile, SourceRange } from '../src/base/source.ts';

/**
 * The typed syntax tree of a build file. It holds what is written, unexpanded: meaning (stages, scopes, variables)
 * belongs to the frontend. Every range points into the original text of `BuildFile.source`.
 */
export interface BuildFile {
  source: SourceFile;
  directives: Directives;
  /** In source order; an instruction with a syntax error is left out. */
  instructions: Instruction[];
}

export type EscapeCharacter = '\\' | '`';

export interface Directives {
  /** The image of a frontend; recorded, and of no effect on this parser. */
  syntax: Word | undefined;
  /** The escape character in force; backslash where the file says nothing. */
  escape: EscapeCharacter;
  check: CheckDirective | undefined;
}

/** `# check=skip=A,B;error=true;experimental=C`. */
export interface CheckDirective {
  skip: readonly string[] | 'all';
  error: boolean;
  experimental: readonly string[] | 'all';
  range: SourceRange;
}

/**
 * A piece of an argument. `text` is what `expand` takes: quotes and escapes stay in it where expansion removes them.
 * In flag values and JSON strings the outer quotes are gone already; such a text is still expanded once.
 */
export interface Word {
  text: string;
  range: SourceRange;
}

export interface Comment {
  /** Without `#` and the blanks around. */
  text: string;
  range: SourceRange;
}

export interface Heredoc {
  /** The delimiter without quotes; in COPY and ADD also the name of the file. */
  name: string;
  /** The body as written, with its line ends and, under `<<-`, its leading tabs. */
  raw: string;
  /** The body as it is used: `raw` without leading tabs where `chomp` holds. */
  content: string;
  /** False where any part of the delimiter is quoted. Only COPY and ADD expand (`expandHeredoc`). */
  expand: boolean;
  chomp: boolean;
  /** The number before `<<`, else 0. */
  fd: number;
  /** The marker, e.g. `<<EOF`. */
  range: SourceRange;
  /** The body without the line of the closing delimiter. */
  bodyRange: SourceRange;
}

interface InstructionBase {
  /** From the keyword to the end of the last line, heredoc bodies included. */
  range: SourceRange;
  /** The keyword as written; its case matters to one of the checks. */
  keyword: Word;
  /** The instruction as one logical line without heredoc bodies, as progress and history show it. */
  text: string;
  /** The comment lines directly above, without a blank line between. */
  comments: Comment[];
  /** From `# check=skip=…` among `comments`. */
  checkSkip: readonly string[] | 'all';
  /** Blank lines inside a continuation. */
  emptyContinuations: SourceRange[];
  heredocs: Heredoc[];
}

/** A command line: for the shell, or as argv. An instruction in exec form has no heredocs. */
export type CommandForm = { form: 'shell'; command: Word } | { form: 'exec'; args: Word[] };

export interface FromInstruction extends InstructionBase {
  kind: 'FROM';
  platform: Word | undefined;
  image: Word;
  /** The keyword `AS` as written. */
  as: Word | undefined;
  /** The stage's name as written; names compare in lower case. */
  name: Word | undefined;
}

export interface RunInstruction extends InstructionBase {
  kind: 'RUN';
  mounts: MountSpec[];
  network: (Word & { mode: NetworkMode }) | undefined;
  security: (Word & { mode: SecurityMode }) | undefined;
  devices: Word[];
  /** With heredocs, `runScript` gives what is executed. */
  command: CommandForm;
}

export type NetworkMode = 'default' | 'none' | 'host';
export type SecurityMode = 'sandbox' | 'insecure';

/** `--mount=…` before expansion; `resolveMount` makes a `Mount` of it. */
export interface MountSpec {
  range: SourceRange;
  text: string;
  fields: MountField[];
  source: SourceFile;
}

export interface MountField {
  /** Lower case, aliases resolved: `src`, `dst`, `destination`, `ro` and `rw` never occur. */
  key: MountKey;
  /** Undefined in a field without `=`, e.g. `required`. */
  value: string | undefined;
  range: SourceRange;
}

export type MountKey =
  | 'type'
  | 'from'
  | 'source'
  | 'target'
  | 'readonly'
  | 'readwrite'
  | 'id'
  | 'sharing'
  | 'required'
  | 'size'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'env';

/** A mount with its values expanded and checked. Paths are as written: relative targets join WORKDIR in the planner. */
export type Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

interface MountBase {
  target: string | undefined;
  readonly: boolean;
  range: SourceRange;
}

export interface BindMount extends MountBase {
  type: 'bind';
  /** A stage, a named context or an image; the main context where undefined. */
  from: string | undefined;
  source: string | undefined;
}

export interface CacheMount extends MountBase {
  type: 'cache';
  /** The target where undefined. */
  id: string | undefined;
  sharing: CacheSharing;
  from: string | undefined;
  source: string | undefined;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
}

export type CacheSharing = 'shared' | 'private' | 'locked';

export interface TmpfsMount extends MountBase {
  type: 'tmpfs';
  /** Bytes. */
  size: number | undefined;
}

export interface SecretMount extends MountBase {
  type: 'secret';
  /** Else the base name of the target. */
  id: string | undefined;
  /** The name of a variable that receives the value. */
  env: string | undefined;
  required: boolean;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
}

export interface SshMount extends MountBase {
  type: 'ssh';
  /** `default` where undefined. */
  id: string | undefined;
  required: boolean;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
}

/** A source of COPY or ADD: a path (or URL), or a heredoc written in place. */
export type CopySource = { kind: 'path'; word: Word } | { kind: 'heredoc'; heredoc: Heredoc };

interface TransferBase extends InstructionBase {
  sources: CopySource[];
  destination: Word;
  chown: Word | undefined;
  chmod: Word | undefined;
  link: boolean;
  /** Never expanded. */
  exclude: Word[];
}

export interface CopyInstruction extends TransferBase {
  kind: 'COPY';
  /** Never holds a variable. */
  from: Word | undefined;
  parents: boolean;
}

export interface AddInstruction extends TransferBase {
  kind: 'ADD';
  checksum: Word | undefined;
  /** Undefined where the flag is absent. */
  keepGitDir: boolean | undefined;
  /** Undefined where the flag is absent: local archives are unpacked, downloads are not. */
  unpack: boolean | undefined;
}

/** `ARG name` or `ARG name=value`. */
export interface ArgDeclaration {
  name: Word;
  value: Word | undefined;
  range: SourceRange;
}

export interface ArgInstruction extends InstructionBase {
  kind: 'ARG';
  /** Several are declared from left to right: a later default sees the earlier names. */
  args: ArgDeclaration[];
}

export interface Pair {
  /** Expanded too. */
  key: Word;
  value: Word;
  range: SourceRange;
}

export interface PairsInstruction extends InstructionBase {
  kind: 'ENV' | 'LABEL';
  /** All values see the variables as they were before the instruction. */
  pairs: Pair[];
  /** `ENV key the rest`, without `=`. */
  legacy: boolean;
}

export interface CommandInstruction extends InstructionBase {
  kind: 'CMD' | 'ENTRYPOINT';
  command: CommandForm;
}

export interface ShellInstruction extends InstructionBase {
  kind: 'SHELL';
  args: Word[];
}

export interface ExposeInstruction extends InstructionBase {
  kind: 'EXPOSE';
  /** Each may expand to several ports: `expandWords`. */
  ports: Word[];
}

export interface VolumeInstruction extends InstructionBase {
  kind: 'VOLUME';
  paths: Word[];
}

export interface WordInstruction extends InstructionBase {
  kind: 'USER' | 'WORKDIR' | 'STOPSIGNAL' | 'MAINTAINER';
  /** The whole argument, blanks inside included. MAINTAINER is not expanded. */
  word: Word;
}

export interface HealthcheckInstruction extends InstructionBase {
  kind: 'HEALTHCHECK';
  /** Undefined for `HEALTHCHECK NONE`. */
  command: CommandForm | undefined;
  /** Nanoseconds; 0 or absent means the inherited or default value. */
  interval: number | undefined;
  timeout: number | undefined;
  startPeriod: number | undefined;
  startInterval: number | undefined;
  retries: number | undefined;
}

export interface OnbuildInstruction extends InstructionBase {
  kind: 'ONBUILD';
  /** What the image's config stores: the inner logical line, with heredoc bodies. `parseOnbuild` reads it back. */
  trigger: string;
  instruction: Instruction;
}

export type Instruction =
  | FromInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | ArgInstruction
  | PairsInstruction
  | CommandInstruction
  | ShellInstruction
  | ExposeInstruction
  | VolumeInstruction
  | WordInstruction
  | HealthcheckInstruction
  | OnbuildInstruction;

export type InstructionKind = Instruction['kind'];
