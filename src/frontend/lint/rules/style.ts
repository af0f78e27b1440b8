import type { FromInstruction, Instruction } from '../../../../grammar/index.ts';
import type { StagedFile } from '../../stages.ts';
import { describingComments } from '../description.ts';
import type { Rule } from '../rule.ts';

export const noEmptyContinuation: Rule = {
  name: 'NoEmptyContinuation',
  description: 'Empty continuation lines will become errors in a future release',
  why: 'A blank line behind an escape character looks like the end of the instruction, and is not.',
  bad: 'FROM debian\nRUN apt-get update && \\\n\n    apt-get install -y git\n',
  good: 'FROM debian\nRUN apt-get update && \\\n    # comments may stand here\n    apt-get install -y git\n',
  file({ staged }, report) {
    for (const instruction of staged.file.instructions) {
      const [range] = instruction.emptyContinuations;
      if (range !== undefined) report({ message: 'Empty continuation line', range, instructions: [instruction] });
    }
  },
};

export const consistentInstructionCasing: Rule = {
  name: 'ConsistentInstructionCasing',
  description: 'All commands within the Dockerfile should use the same casing (either upper or lower)',
  why: 'Keywords that look alike are found by the eye. What most of the file does is what counts.',
  bad: 'FROM debian\nCOPY app /app\nrun /app --version\n',
  good: 'FROM debian\nCOPY app /app\nRUN /app --version\n',
  file({ staged }, report) {
    const checked = instructionsOfStages(staged);
    const lower = checked.filter(({ keyword: { text } }) => text === text.toLowerCase()).length;
    const upper = checked.filter(({ keyword: { text } }) => text === text.toUpperCase()).length;
    const wanted = lower > upper ? 'lowercase' : 'uppercase';
    for (const instruction of checked) {
      const { text, range } = instruction.keyword;
      if (text === (wanted === 'lowercase' ? text.toLowerCase() : text.toUpperCase())) continue;
      const message = `Command '${text}' should match the case of the command majority (${wanted})`;
      report({ message, range, instructions: [instruction] });
    }
  },
};

/** The arguments before the first FROM neither vote nor are they judged. */
function instructionsOfStages({ stages }: StagedFile): Instruction[] {
  return stages.flatMap(({ from, instructions }): Instruction[] => [from, ...instructions]);
}

export const maintainerDeprecated: Rule = {
  name: 'MaintainerDeprecated',
  description: 'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
  why: 'Tools read labels, `org.opencontainers.image.authors` among them.',
  bad: 'FROM debian\nMAINTAINER team@example.org\n',
  good: 'FROM debian\nLABEL org.opencontainers.image.authors=team@example.org\n',
  file({ staged }, report) {
    for (const instruction of staged.file.instructions) {
      if (instruction.kind !== 'MAINTAINER') continue;
      const message = 'Maintainer instruction is deprecated in favor of using label';
      report({ message, range: instruction.range, instructions: [instruction] });
    }
  },
};

export const invalidDefinitionDescription: Rule = {
  name: 'InvalidDefinitionDescription',
  description:
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
  experimental: true,
  why: '`--call=outline` and `--call=targets` show such comments as descriptions.',
  bad: '# what to package\nARG RELEASE=1\n\nFROM debian\n',
  good: '# RELEASE is what to package\nARG RELEASE=1\n\nFROM debian\n',
  file({ staged }, report) {
    for (const instruction of staged.file.instructions) {
      const names = describedNames(instruction);
      const comment = describingComments(instruction).at(-1);
      if (names.length === 0 || comment === undefined || names.includes(comment.text.split(' ', 1)[0] ?? '')) continue;
      const example = names.length > 1 ? '<arg_key>' : names[0];
      const message = `Comment for ${instruction.kind} should follow the format: \`# ${example} <description>\``;
      report({ message, range: comment.range, instructions: [instruction] });
    }
  },
};

function describedNames(instruction: Instruction): string[] {
  if (instruction.kind === 'ARG') return instruction.args.map(({ name }) => name.text);
  return instruction.kind === 'FROM' ? stageNames(instruction) : [];
}

function stageNames({ name }: FromInstruction): string[] {
  return name === undefined ? [] : [name.text.toLowerCase()];
}
