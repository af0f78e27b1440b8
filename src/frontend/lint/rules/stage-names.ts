import type { FromInstruction } from '../../../../grammar/index.ts';
import type { StagedFile } from '../../stages.ts';
import type { Rule } from '../rule.ts';

const RESERVED = ['context', 'scratch'];

export const stageNameCasing: Rule = {
  name: 'StageNameCasing',
  description: 'Stage names should be lowercase',
  why: 'Names of stages compare in lower case. Written so, they tell at a glance from the keywords around them.',
  bad: 'FROM alpine AS BuilderBase\nRUN make\n',
  good: 'FROM alpine AS builder-base\nRUN make\n',
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
  bad: 'FROM alpine as builder\nRUN make\n',
  good: 'FROM alpine AS builder\nRUN make\n',
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
  bad: 'FROM alpine AS builder\nRUN make\n\nFROM golang AS builder\nRUN go build\n',
  good: 'FROM alpine AS c-builder\nRUN make\n\nFROM golang AS go-builder\nRUN go build\n',
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
  bad: 'FROM alpine AS context\nRUN make\n',
  good: 'FROM alpine AS sources\nRUN make\n',
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
