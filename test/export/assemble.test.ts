import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../src/base/digest.ts';
import type { TsbuildError } from '../../src/base/error.ts';
import { type AssembledLayer, assembleConfig, assembleManifest } from '../../src/export/assemble.ts';
import type { ImagePlan, PlannedHistory } from '../../src/graph/image-plan.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../src/oci/media-types.ts';

const test = suite('configuration and manifest of what was built');

const scratch = { op: { kind: 'scratch' }, inputs: [], display: { name: 'scratch' } };

function planOf(history: PlannedHistory[], changes: Partial<ImagePlan> = {}): ImagePlan {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  return {
    rootfs: scratch,
    platform,
    config: { Cmd: ['x'] },
    author: 'me',
    history,
    baseCreated: undefined,
    ...changes,
  };
}

function layer(name: string, created: string): AssembledLayer {
  const descriptor = { mediaType: OCI_LAYER, digest: digestOf(name), size: name.length };
  return { descriptor, diffId: digestOf(name), created: Date.parse(created) };
}

const step = (createdBy: string, emptyLayer = false): PlannedHistory => ({ from: 'step', createdBy, emptyLayer });
const base = (created: string): PlannedHistory => ({ from: 'base', entry: { created, created_by: 'base' } });

test('a step has the time of its layer, and one without a layer that of the entry before', () => {
  const history = [base('2020-01-01T00:00:00Z'), step('ENV', true), step('RUN'), step('CMD', true)];
  const layers = [layer('base', '2024-01-01T00:00:00Z'), layer('run', '2024-05-05T05:05:05.125Z')];
  const config = assembleConfig(planOf(history, { baseCreated: '2020-02-02T00:00:00Z' }), { layers });
  assert.equal(
    config.history?.map(({ created }) => created),
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z', '2024-05-05T05:05:05.125Z', '2024-05-05T05:05:05.125Z'],
  );
  assert.is(config.created, '2024-05-05T05:05:05.125Z');
  assert.equal(config.history?.[3], {
    created: '2024-05-05T05:05:05.125Z',
    created_by: 'CMD',
    comment: 'buildkit.dockerfile.v0',
    empty_layer: true,
  });
});

test('SOURCE_DATE_EPOCH is the time of all that the build adds, and of the image', () => {
  const history = [base('2020-01-01T00:00:00Z'), step('RUN'), step('CMD', true)];
  const layers = [layer('base', '2024-01-01T00:00:00Z'), layer('run', '2024-05-05T05:05:05Z')];
  const config = assembleConfig(planOf(history), { layers, epoch: 1 });
  assert.equal(
    config.history?.map(({ created }) => created),
    ['2020-01-01T00:00:00Z', '1970-01-01T00:00:01Z', '1970-01-01T00:00:01Z'],
  );
  assert.is(config.created, '1970-01-01T00:00:01Z');
});

test('an image of scratch without any step has the time 0, not the time of day', () => {
  const config = assembleConfig(planOf([step('CMD', true)]), { layers: [] });
  assert.is(config.created, '1970-01-01T00:00:00Z');
  assert.equal(config.rootfs, { type: 'layers', diff_ids: [] });
});

test('platform, author and settings are those of the plan', () => {
  const { os, architecture, variant, author, config } = assembleConfig(planOf([]), { layers: [] });
  assert.equal([os, architecture, variant, author, config], ['linux', 'arm', 'v7', 'me', { Cmd: ['x'] }]);
});

test('layers that the history does not account for are a defect', () => {
  const assemble = () => assembleConfig(planOf([step('CMD', true)]), { layers: [layer('x', '2024-01-01T00:00:00Z')] });
  assert.throws(assemble, (error: TsbuildError) => error.code === 'INTERNAL');
});

test('a manifest names the configuration and the layers, and nothing else of them', () => {
  const { descriptor } = layer('x', '2024-01-01T00:00:00Z');
  const annotated = { ...descriptor, annotations: { a: 'b' }, urls: ['http://x'] };
  assert.equal(assembleManifest({ digest: digestOf('c'), size: 3 }, [annotated]), {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: digestOf('c'), size: 3 },
    layers: [descriptor],
  });
});

test.run();
