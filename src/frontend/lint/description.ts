import type { Comment, Instruction } from '../../../grammar/index.ts';

/** The comments right above an instruction that may describe what it defines: all but those of the checks. */
export function describingComments({ comments }: Pick<Instruction, 'comments'>): Comment[] {
  return comments.filter(({ text }) => !/^check\s*=/i.test(text));
}
