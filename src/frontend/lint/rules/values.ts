// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import type { Word } from '../../../../grammar/index.ts';
import { expandWords } from '../../../../grammar/words.ts';
import { suggest } from '../../../base/suggest.ts';
import type { ObservedInstruction } from '../../observer.ts';
import { attempt, expandedIn } from '../expansion.ts';
import type { Rule } from '../rule.ts';

export const undefinedVar: Rule = {
  name: 'UndefinedVar',
  description: 'Variables should be defined before their use',
  why: 'A variable that nothing sets expands to nothing, and a build goes on with half a path. Set it, correct its name, or write `${NAME:-}` where empty is meant.',
  bad: 'FROM debian\nCOPY bin/$APP /usr/bin/\n',
  good: 'FROM debian\nARG APP=server\nCOPY bin/$APP /usr/bin/\n',
  unset({ instruction, stage }, word, names, report) {
    const declared = new Set(stage.declared.map(({ name }) => name));
    for (const name of names) {
      if (declared.has(name)) continue;
      const near = suggest(name, stage.variables.keys());
      const message = `Usage of undefined variable '$${name}'${near === undefined ? '' : ` (did you mean $${near}?)`}`;
      report({ message, range: word.range, instructions: [instruction] });
    }
  },
};

export const legacyKeyValueFormat: Rule = {
  name: 'LegacyKeyValueFormat',
  description: 'Legacy key/value format with whitespace separator should not be used',
  why: '`ENV ONE TWO= THREE=world` sets one variable to the rest of the line. With `=` it says what it does.',
  bad: 'FROM debian\nENV LANG C.UTF-8\n',
  good: 'FROM debian\nENV LANG=C.UTF-8\n',
  instruction({ instruction }, report) {
    if ((instruction.kind !== 'ENV' && instruction.kind !== 'LABEL') || !instruction.legacy) return;
    const { text } = instruction.keyword;
    const message = `"${text} key=value" should be used instead of legacy "${text} key value" format`;
    report({ message, range: instruction.range, instructions: [instruction] });
  },
};

/** A name of which one part, between underscores, says secret, and none says that it is no secret itself. */
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const NO_SECRET = /(?:_|^)(?:public|file|version)(?:_|$)/i;

export const secretsUsedInArgOrEnv: Rule = {
  name: 'SecretsUsedInArgOrEnv',
  description: 'Sensitive data should not be used in the ARG or ENV commands',
  why: 'Values of ARG and ENV stay in the image, in its history and in logs. A secret belongs into `RUN --mount=type=secret`.',
  bad: 'FROM node\nARG NPM_TOKEN\nRUN npm ci\n',
  good: 'FROM node\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n',
  instruction(checked, report) {
    for (const [name, range] of namesSet(checked)) {
      if (!SECRET.test(name) || NO_SECRET.test(name)) continue;
      const { instruction } = checked;
      const message = `Do not use ARG or ENV instructions for sensitive data (${instruction.kind} ${JSON.stringify(name)})`;
      report({ message, range, instructions: [instruction] });
    }
  },
};

function namesSet(checked: ObservedInstruction): [name: string, range: Word['range']][] {
  const { instruction } = checked;
  if (instruction.kind === 'ARG') return instruction.args.map(({ name }) => [name.text, name.range]);
  if (instruction.kind !== 'ENV') return [];
  return instruction.pairs.map(({ key }) => [expandedIn(checked, key) ?? '', key.range]);
}

export const exposeProtoCasing: Rule = {
  name: 'ExposeProtoCasing',
  description: 'Protocol in EXPOSE instruction should be lowercase',
  why: 'The image has the protocol in lower case, whatever the file says.',
  bad: 'FROM debian\nEXPOSE 5353/UDP\n',
  good: 'FROM debian\nEXPOSE 5353/udp\n',
  instruction(checked, report) {
    for (const [port, word] of portsOf(checked)) {
      const protocol = port.slice(port.indexOf('/') + 1);
      if (!port.includes('/') || protocol === protocol.toLowerCase()) continue;
      const message = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
      report({ message, range: word.range, instructions: [checked.instruction] });
    }
  },
};

export const exposeInvalidFormat: Rule = {
  name: 'ExposeInvalidFormat',
  description:
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
  why: 'EXPOSE says what a container listens on. Addresses and ports of the host are given where it is run, and are dropped here.',
  bad: 'FROM debian\nEXPOSE 8443:443\n',
  good: 'FROM debian\nEXPOSE 443\n',
  instruction(checked, report) {
    for (const [port, word] of portsOf(checked)) {
      if (!port.includes(':')) continue;
      const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
      report({ message, range: word.range, instructions: [checked.instruction] });
    }
  },
};

function portsOf({ instruction, stage, escape: escapeChar }: ObservedInstruction): [port: string, word: Word][] {
  if (instruction.kind !== 'EXPOSE') return [];
  const lookup = (name: string) => stage.variables.get(name);
  return instruction.ports.flatMap((word) => {
    const words = attempt(() => expandWords(word.text, lookup, { escape: escapeChar }).words) ?? [];
    return words.map((port): [string, Word] => [port, word]);
  });
}
