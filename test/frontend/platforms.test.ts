import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePlatform } from '../../src/oci/platform.ts';
import { failure, lastOp, type PlanTest, planned } from './planned.ts';

const test = suite('platforms of stages and of the result');

const ARM = { targetPlatform: parsePlatform('linux/arm/v7'), platformGiven: true };
const images = { base: {} };

test('the configuration is of the platform that was asked for, else of the base', async () => {
  const asked = await planned('FROM base\n', { ...ARM, images });
  assert.equal(asked.plan.platform, { os: 'linux', architecture: 'arm', variant: 'v7' });
  const { plan } = await planned('FROM base\n', { ...ARM, platformGiven: false, images });
  assert.equal([plan.platform.architecture, plan.platform.variant], ['amd64', undefined]);
});

const ASKED: [file: string, platforms: string[]][] = [
  ['FROM base\n', ['base linux/arm/v7']],
  ['FROM --platform=$BUILDPLATFORM base\n', ['base linux/amd64']],
  ['FROM --platform=linux/s390x base\nCOPY --from=other / /\n', ['base linux/s390x', 'other linux/arm/v7']],
  [
    'ARG P=linux/arm64\nFROM --platform=$P base AS a\nFROM --platform=$TARGETPLATFORM base\nCOPY --from=a / /\n',
    ['base linux/arm/v7', 'base linux/arm64'],
  ],
];

for (const [file, expected] of ASKED) {
  test(`${JSON.stringify(file)} asks for ${expected.join(' and ')}`, async () => {
    const { asked } = await planned(file, { ...ARM, images: { base: {}, other: {} } });
    assert.equal(asked.sort(), expected);
  });
}

test('scratch is of the target platform, whatever its FROM says', async () => {
  const { plan } = await planned('FROM --platform=linux/s390x scratch\n', { ...ARM, platformGiven: false });
  assert.is(plan.platform.architecture, 'arm');
});

const ERRORS: [file: string, error: RegExp][] = [
  ['ARG P\nFROM --platform=$P base\n', /^INVALID 2: FROM --platform=\$P: the platform is empty/],
  ['FROM --platform=toaster base\n', /^INVALID 1: invalid platform "toaster"/],
];

for (const [file, error] of ERRORS) {
  test(`${JSON.stringify(file)} is an error`, async () => assert.match(await failure(file, { images }), error));
}

test('RUN for another processor needs an emulator, and says how to register one', async () => {
  const text = 'FROM scratch\nCOPY a /\nRUN /a\n';
  const message = await failure(text, ARM);
  assert.match(
    message,
    /^UNSUPPORTED 3: RUN for linux\/arm\/v7 on this machine, which is linux\/amd64, and no emulator/,
  );
  assert.match(message, /apt-get install qemu-user-static binfmt-support.*tonistiigi\/binfmt.*\$BUILDPLATFORM/);
  const asked: string[] = [];
  const emulates: PlanTest['emulates'] = ({ architecture }) => asked.push(architecture) > 0;
  const { plan } = await planned(text, { ...ARM, emulates });
  assert.is(lastOp(plan, 'run').platform, 'linux/arm/v7');
  assert.equal(asked, ['arm']);
  assert.match(
    await failure(text, { ...ARM, targetPlatform: parsePlatform('windows/amd64') }),
    /\(use FROM --platform/,
  );
});

test('a machine for amd64 runs programs for 386 itself', async () => {
  const { plan } = await planned('FROM scratch\nRUN x\n', { targetPlatform: parsePlatform('linux/386') });
  assert.is(lastOp(plan, 'run').platform, 'linux/386');
});

test('steps of several platforms are shown with theirs, and with the target where they know it', async () => {
  const text = 'FROM --platform=$BUILDPLATFORM base AS cc\nARG TARGETARCH\nRUN cc\nFROM scratch\nCOPY --from=cc / /\n';
  const { plan } = await planned(text, { ...ARM, images, showPlatform: true, label: 'app' });
  const [, from] = plan.rootfs.inputs;
  assert.is(plan.rootfs.display.name, '[app linux/arm/v7 stage-1 1/1] COPY --from=cc / /');
  assert.is(from?.display.name, '[app linux/amd64->arm/v7 cc 2/2] RUN cc');
  assert.is(from?.inputs[0]?.display.name, '[app linux/amd64 cc 1/2] FROM docker.io/library/base:latest');
});

const EPOCHS: [file: string, buildArgs: Record<string, string>, epoch: number | undefined][] = [
  ['FROM scratch\n', {}, undefined],
  ['FROM scratch\n', { SOURCE_DATE_EPOCH: '5' }, 5],
  ['ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n', {}, 7],
  ['ARG SOURCE_DATE_EPOCH=7\nFROM scratch\n', { SOURCE_DATE_EPOCH: '5' }, 5],
  ['ARG SOURCE_DATE_EPOCH=\nFROM scratch\n', {}, undefined],
];

for (const [file, buildArgs, epoch] of EPOCHS) {
  test(`${JSON.stringify(file)} with ${JSON.stringify(buildArgs)} has the epoch ${epoch}`, async () => {
    assert.is((await planned(file, { buildArgs })).plan.epoch, epoch);
  });
}

test('an epoch that is no number is an error', async () => {
  assert.match(
    await failure('ARG SOURCE_DATE_EPOCH=x\nFROM scratch\n'),
    /SOURCE_DATE_EPOCH is not a number of seconds: "x"/,
  );
});

test('--no-cache-filter executes the steps of a stage, and warns of a name that no stage has', async () => {
  const text = 'FROM scratch AS Base\nRUN x\nFROM base\nRUN y\n';
  const { plan, warnings } = await planned(text, { noCacheFilter: ['base', 'gone'] });
  assert.equal([plan.rootfs.ignoreCache, plan.rootfs.inputs[0]?.ignoreCache], [false, true]);
  assert.equal(
    warnings.map(({ message }) => message),
    ['--no-cache-filter gone: no stage has this name'],
  );
});

test.run();
