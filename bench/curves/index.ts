import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editFile, prepareFiles } from '../cases/files.ts';
import { writeLargeFile } from '../cases/large.ts';
import { prepareSteps } from '../cases/small.ts';
import { BASE } from '../peers/peer.ts';
import type { Curve, CurveCase } from './curve.ts';
import { fillWithRecords } from './records.ts';

const MEGABYTE = 1024 * 1024;

/** Bytes. A million files of the size of modules would be more of a curve of bytes, which `layers` is. */
const MEAN_SIZE = 400;

const files: Curve = {
  name: 'files',
  title: 'COPY . . of many small files',
  unit: 'files',
  sizes: [1000, 10_000, 100_000, 1_000_000],
  lines: {
    'one edited': (size) => ({
      prepare: (context) => prepareFiles(context, size, MEAN_SIZE),
      edit: (context, run) => editFile(context, size, run),
    }),
    'no-op': (size) => ({ prepare: (context) => prepareFiles(context, size, MEAN_SIZE) }),
  },
};

const steps: Curve = {
  name: 'steps',
  title: 'RUN of a trivial command, one after the other',
  unit: 'steps',
  sizes: [10, 100, 1000],
  lines: {
    'no cache': (size) => ({ noCache: true, prepare: (context) => prepareSteps(context, size) }),
    'no-op': (size) => ({ prepare: (context) => prepareSteps(context, size) }),
  },
};

const layers: Curve = {
  name: 'layers',
  title: 'COPY of one large file',
  unit: 'MiB',
  sizes: [100, 1000, 5000],
  lines: {
    cold: (size) => ({ ...largeFile(size), cold: true }),
    'no-op': (size) => largeFile(size),
  },
};

function largeFile(size: number): CurveCase {
  return {
    prepare(context) {
      writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY large /data/\n`);
      writeLargeFile(join(context, 'large'), size * MEGABYTE, 'one');
    },
  };
}

const STAGE_STEPS = 100;

/** Stages of a hundred steps each, and one that copies from all of them. */
const graph: Curve = {
  name: 'graph',
  title: 'a build file of many steps, all of them cached',
  unit: 'steps',
  sizes: [100, 1000, 10_000],
  lines: {
    'no-op': (size) => ({
      prepare(context) {
        const stages = Array.from({ length: size / STAGE_STEPS }, (_, stage) => `s${stage}`);
        const made = stages.map((stage) => {
          const lines = Array.from({ length: STAGE_STEPS - 1 }, (_, step) => `WORKDIR /${stage}/${step}\n`);
          return `FROM ${BASE} AS ${stage}\n${lines.join('')}`;
        });
        const copies = stages.map((stage) => `COPY --from=${stage} /${stage} /${stage}\n`);
        writeFileSync(join(context, 'Dockerfile'), `${made.join('')}FROM ${BASE}\n${copies.join('')}`);
      },
    }),
  },
};

const records: Curve = {
  name: 'records',
  title: 'a no-op with so many records of other builds in the cache',
  unit: 'records',
  sizes: [1000, 100_000, 1_000_000],
  lines: {
    'no-op': (size) => ({
      prepare: (context) => prepareSteps(context, 5),
      fill: (root) => fillWithRecords(root, size),
    }),
  },
};

export const CURVES: readonly Curve[] = [files, steps, layers, graph, records];
