import type { FromInstruction } from '../../../../grammar/index.ts';
import type { StagedFile } from '../../stages.ts';
import type { Rule } from '../rule.ts';

const RESERVED = ['context', 'scratch'];

export const stageNameCasing: Rule = {
  name: 'StageNameCasing',
  description: 'Stage names should be lowercase',
  why: 'Names of stages compare in lower case. Written so, they tell at a glance from the keywords around them.',
  bad: 'FROM golang AS CompileStep\nRUN go build\n',
  good: 'FROM golang AS compile-step\nRUN go build\n',
  file({ staged }, report) {
    for (const [from, name] of namedStages(staged)) {
      if (name.text === name.text.toLowerCase()) continue;
      report({ message: `Stage name '${name.text}' should be lowercase`, range: name.range, instructions: [from] });
    }
  },
};

export const fromAsCasing: Rule = {
  name: 'FromAsCasing',
  description: "The 'as' keyword should match the case of the 'from' keyword",
  why: 'Two keywords of one instruction in two cases are harder to read than either case.',
  bad: 'FROM golang as compiler\nRUN go build\n',
  good: 'FROM golang AS compiler\nRUN go build\n',
  file({ staged }, report) {
    for (const { from } of staged.stages) {
      const keyword = from.keyword.text;
      const fit = [keyword.toLowerCase(), keyword.toUpperCase()].includes(keyword) && from.as;
      if (!fit) continue;
      const wanted = keyword === keyword.toLowerCase() ? fit.text.toLowerCase() : fit.text.toUpperCase();
      if (fit.text === wanted) continue;
      const message = `'${fit.text}' and '${keyword}' keywords' casing do not match`;
      report({ message, range: fit.range, instructions: [from] });
    }
  },
};

export const duplicateStageName: Rule = {
  name: 'DuplicateStageName',
  description: 'Stage names should be unique',
  why: 'Of several stages of one name the last one above counts, so that a stage put in between changes what others mean.',
  bad: 'FROM node AS assets\nRUN npm run build\n\nFROM python AS assets\nRUN make pages\n',
  good: 'FROM node AS scripts\nRUN npm run build\n\nFROM python AS pages\nRUN make pages\n',
  file({ staged }, report) {
    const seen = new Set<string>();
    for (const [from, { text, range }] of namedStages(staged)) {
      const name = text.toLowerCase();
      const message = `Duplicate stage name ${JSON.stringify(name)}, stage names should be unique`;
      if (seen.has(name)) report({ message, range, instructions: [from] });
      seen.add(name);
    }
  },
};

export const reservedStageName: Rule = {
  name: 'ReservedStageName',
  description: 'Reserved words should not be used as stage names',
  why: '`scratch` is the empty base and `context` the build context; a stage of that name hides them.',
  bad: 'FROM debian AS context\nCOPY src /src\n',
  good: 'FROM debian AS sources\nCOPY src /src\n',
  file({ staged }, report) {
    for (const [from, { text, range }] of namedStages(staged)) {
      const name = text.toLowerCase();
      if (!RESERVED.includes(name)) continue;
      const message = `Stage name should not use the same name as reserved stage ${JSON.stringify(name)}`;
      report({ message, range, instructions: [from] });
    }
  },
};

function namedStages({ stages }: StagedFile): [FromInstruction, NonNullable<FromInstruction['name']>][] {
  return stages.flatMap(({ from }) => (from.name === undefined ? [] : [[from, from.name]]));
}
