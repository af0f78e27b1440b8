import type { Comment, Instruction } from '../../../grammar/index.ts';

/** The comments right above an instruction that may describe what it defines: all but those of the checks. */
export function describingComments({ comments }: Pick<Instruction, 'comments'>): Comment[] {
  return comments.filter(({ text }) => !/^check\s*=/i.test(text));
}

/** The description of an argument or a stage in the comments above it: `# name description`. */
export function descriptionOf(instruction: Pick<Instruction, 'comments'>, name: string): string | undefined {
  const found = describingComments(instruction).find(({ text }) => text.startsWith(`${name} `));
  return found?.text.slice(name.length + 1);
}
