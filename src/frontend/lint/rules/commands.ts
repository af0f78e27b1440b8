import { expandedIn } from '../expansion.ts';
import type { Rule } from '../rule.ts';

export const jsonArgsRecommended: Rule = {
  name: 'JSONArgsRecommended',
  description: 'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
  why:
    'In shell form the shell is the first process of the container, and passes no signal on: the program cannot end in ' +
    'its own way. Where a shell is what you want, name it: with SHELL, or in the array.',
  bad: 'FROM node\nCMD node server.js\n',
  good: 'FROM node\nCMD ["node", "server.js"]\n',
  instruction({ instruction, stage }, report) {
    if (instruction.kind !== 'CMD' && instruction.kind !== 'ENTRYPOINT') return;
    if (instruction.command.form === 'exec' || (stage.config.Shell ?? []).length > 0) return;
    const { text } = instruction.keyword;
    const message = `JSON arguments recommended for ${text} to prevent unintended behavior related to OS signals`;
    report({ message, range: instruction.range, instructions: [instruction] });
  },
};

const ONLY_ONCE = ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'];

export const multipleInstructionsDisallowed: Rule = {
  name: 'MultipleInstructionsDisallowed',
  description: 'Multiple instructions of the same type should not be used in the same stage',
  why: 'Of several CMD, ENTRYPOINT or HEALTHCHECK instructions of a stage the last one counts; the others do nothing.',
  bad: 'FROM node\nCMD ["node", "old.js"]\nCMD ["node", "new.js"]\n',
  good: 'FROM node\nCMD ["node", "new.js"]\n',
  instruction({ instruction, earlier }, report) {
    const before = earlier.get(instruction.kind);
    if (before === undefined || !ONLY_ONCE.includes(instruction.kind)) return;
    const message = `Multiple ${instruction.keyword.text} instructions should not be used in the same stage because only the last one will be used`;
    report({ message, range: before.range, instructions: [before, instruction] });
  },
};

/** Also with a drive, as in images of Windows. */
const ABSOLUTE = /^(\/|[A-Za-z]:[\\/])/;

export const workdirRelativePath: Rule = {
  name: 'WorkdirRelativePath',
  description:
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
  why: 'A relative path begins where the base image was left, which is the image’s to change.',
  bad: 'FROM debian\nWORKDIR app\nCOPY . .\n',
  good: 'FROM debian\nWORKDIR /app\nCOPY . .\n',
  instruction(checked, report) {
    const { instruction, workdirSet } = checked;
    if (instruction.kind !== 'WORKDIR' || workdirSet) return;
    const path = expandedIn(checked, instruction.word);
    if (path === undefined || ABSOLUTE.test(path)) return;
    const message = `Relative workdir ${JSON.stringify(path)} can have unexpected results if the base image changes`;
    report({ message, range: instruction.word.range, instructions: [instruction] });
  },
};
