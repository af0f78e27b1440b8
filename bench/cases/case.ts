/** One thing that is measured: a context, and what happens to it before every build. */
export interface Case {
  /** As it is named on the command line. */
  readonly name: string;
  /** As it stands in the table. */
  readonly title: string;
  /** Our time divided by BuildKit's is to be no more than this. */
  readonly target?: number;
  /** Cases of the same context follow one another: it is prepared once, and what one builds is there for the next. */
  readonly context: string;
  /** Writes the build file and the context into an empty directory. */
  prepare(context: string): void;
  /** The measured build is the first of all: the peer has forgotten everything but the base. */
  readonly cold?: boolean;
  /** The measured build executes every instruction, but has built this before. */
  readonly noCache?: boolean;
  /** The image is written as an OCI archive, with its layers in gzip. */
  readonly archive?: boolean;
  /** So large that slow builders sit it out. */
  readonly slow?: boolean;
  /** All targets of the context's bake file are built, and not one image. */
  readonly bake?: boolean;
  /** Changes the context before a build; `run` is another number each time. */
  edit?(context: string, run: number): void;
}
