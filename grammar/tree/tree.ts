import type { EscapeCharacter } from '../ast.ts';

/**
 * The syntax tree as BuildKit's `parser.Parse` has it: what is written, split into words and no further. It is plain
 * data, and what `tsbuild parse` prints.
 */
export interface TreeNode {
  /** The instruction in lower case; also one that nobody knows. */
  value: string;
  /** `--name=value`, without quotes and escapes, of any name. */
  flags: string[];
  /**
   * FROM, EXPOSE, COPY, ADD, VOLUME, ARG: the words. RUN, CMD, ENTRYPOINT, SHELL: the command line as one, or the
   * strings of the JSON form. HEALTHCHECK: its type and then the same. ENV, LABEL: key, value and separator of each
   * pair, where the separator is `=`, or empty in `ENV key the rest`. USER, WORKDIR, STOPSIGNAL, MAINTAINER: the rest
   * of the line. An unknown instruction has one empty argument.
   */
  args: string[];
  /** What ONBUILD holds. Its lines are 0 and it has no heredocs: those are its parent's. */
  child?: TreeNode;
  /** 1-based; the end includes heredoc bodies. */
  startLine: number;
  endLine: number;
  heredocs: TreeHeredoc[];
}

export interface TreeHeredoc {
  name: string;
  /** As written: with the tabs that `chomp` takes away. */
  content: string;
  expand: boolean;
  chomp: boolean;
  fd: number;
}

export interface Tree {
  ok: true;
  escape: EscapeCharacter;
  nodes: TreeNode[];
  /** Whether every instruction is known and has flags and arguments that it can take; else `error` has the first. */
  instrOk: boolean;
  error?: string;
}

/** A file that cannot be split into instructions; `error` begins with its line. */
export interface NoTree {
  ok: false;
  error: string;
}
