import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE } from '../peers/peer.ts';
import type { Case } from './case.ts';

const BUILD_FILE = `FROM ${BASE} AS build
WORKDIR /source
COPY words .
RUN tr a-z A-Z < words > upper

FROM ${BASE}
ENV LANG=C.UTF-8
WORKDIR /app
COPY --from=build /source/upper .
COPY app .
CMD ["cat", "/app/upper"]
`;

/** Seven steps in two stages over two files: what a build costs in which nothing is left to do. */
export const noop: Case = {
  name: 'noop',
  context: 'small',
  title: 'no-op, 2 stages, 7 steps, 2 files',
  target: 0.7,
  prepare(context) {
    writeFileSync(join(context, 'Dockerfile'), BUILD_FILE);
    writeFileSync(join(context, 'words'), 'some words\n');
    writeFileSync(join(context, 'app'), 'an application\n');
  },
};

export const STEPS = 20;

/** What one RUN costs, twenty times over: a process, a sandbox, a snapshot. */
export const run20: Case = {
  name: 'run-20',
  context: 'steps',
  title: `${STEPS} × RUN of a trivial command, no cache`,
  target: 0.35,
  noCache: true,
  prepare: (context) => prepareSteps(context, STEPS),
};

export function prepareSteps(context: string, count: number): void {
  const steps = Array.from({ length: count }, (_, step) => `RUN echo ${step} > /step-${step}\n`);
  writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\n${steps.join('')}`);
}
