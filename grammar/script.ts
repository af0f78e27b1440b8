import type { RunInstruction } from './ast.ts';

/**
 * What a RUN executes (trap 9).
 * - `argv`: the exec form.
 * - `file`: a lone heredoc whose body starts with `#!`: a file of this name, 0755, that is run itself.
 * - `shell`: the one argument of SHELL: the command line; the body of a lone heredoc; or the command line with all
 *   bodies behind it, for the shell to read as its own heredocs.
 */
export type RunScript =
  | { kind: 'argv'; args: string[] }
  | { kind: 'file'; name: string; content: string }
  | { kind: 'shell'; script: string };

export function runScript(run: RunInstruction): RunScript {
  if (run.command.form === 'exec') return { kind: 'argv', args: run.command.args.map((word) => word.text) };
  const { text, range } = run.command.command;
  const [first] = run.heredocs;
  if (first === undefined) return { kind: 'shell', script: text };
  const lone = first.range.start.offset === range.start.offset && first.range.end.offset === range.end.offset;
  if (!lone) {
    const bodies = run.heredocs.map((heredoc) => `\n${heredoc.raw}${heredoc.name}`);
    return { kind: 'shell', script: text + bodies.join('') };
  }
  if (first.raw.startsWith('#!')) return { kind: 'file', name: first.name, content: first.content };
  return { kind: 'shell', script: first.content };
}
