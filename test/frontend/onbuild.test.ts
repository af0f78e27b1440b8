import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chainOf, failure, planned } from './planned.ts';

const test = suite('trap 22: ONBUILD');

const withTriggers = (...OnBuild: string[]) => ({ base: { config: { OnBuild } }, other: {} });

test('a trigger is kept in the configuration and leaves no history', async () => {
  const { config, history } = await planned('FROM scratch\nONBUILD RUN x\nONBUILD COPY a b\n');
  assert.equal(config.OnBuild, ['RUN x', 'COPY a b']);
  assert.equal(history, []);
});

test('triggers of an image fire in order before the first instruction, and are gone', async () => {
  const images = withTriggers('ENV a=1', 'RUN x');
  const { config, history } = await planned('FROM base\nRUN y\n', { images });
  assert.is(config.OnBuild, undefined);
  assert.equal(history.slice(1), ['- ENV a=1', '+ RUN /bin/sh -c x # buildkit', '+ RUN /bin/sh -c y # buildkit']);
});

test('triggers of a parent stage fire once, in the child and not in the grandchild', async () => {
  const text = 'FROM scratch AS a\nONBUILD RUN x\nFROM a AS b\nFROM b\n';
  const { config, history } = await planned(text);
  assert.equal(history, ['+ RUN /bin/sh -c x # buildkit']);
  assert.is(config.OnBuild, undefined);
});

test('a trigger may bring in a stage that nothing else needs', async () => {
  const images = withTriggers('COPY --from=assets / /', 'COPY --from=0 / /');
  const { resolved, plan } = await planned('FROM other AS assets\nFROM base\n', { images });
  assert.equal(resolved.sort(), ['base', 'other']);
  assert.is(chainOf(plan).filter(({ kind }) => kind === 'copy').length, 2);
});

test('triggers do not fire for COPY --from', async () => {
  const { history } = await planned('FROM scratch\nCOPY --from=base / /\n', { images: withTriggers('RUN x') });
  assert.equal(history, ['+ COPY / / # buildkit']);
});

test('triggers keep their heredocs', async () => {
  const { config } = await planned('FROM scratch\nONBUILD RUN <<E\necho hi\nE\n');
  const { history } = await planned('FROM base\n', { images: { base: { config } } });
  assert.is(history.at(-1), '+ RUN /bin/sh -c echo hi\n # buildkit');
});

test('triggers count as steps of the stage', async () => {
  const { plan } = await planned('FROM base\nRUN y\n', { images: withTriggers('RUN x') });
  assert.is(plan.rootfs.display.name, '[3/3] RUN y');
});

const REFERENCE = 'docker.io/library/base:latest';
const ERRORS: [trigger: string, error: string | RegExp][] = [
  [
    'RUN --device=gpu x',
    `UNSUPPORTED ONBUILD of ${REFERENCE} 1: RUN --device is not executed by this version of tsbuild (mount what the step needs, or run it outside of the build)`,
  ],
  ['COPY --from=gone / /', `NOT_FOUND ONBUILD of ${REFERENCE} 1: image gone not found`],
  ['COPY --from=3 / /', `INVALID ONBUILD of ${REFERENCE} 1: --from=3: there is no stage of that number above`],
  ['NOPE x', /^SYNTAX ONBUILD of docker.io\/library\/base:latest 1: /],
  ['FROM scratch', /^SYNTAX ONBUILD of .* 1: FROM is not allowed in ONBUILD/],
  ['', /^SYNTAX ONBUILD of .* 1: an ONBUILD trigger is empty/],
];

for (const [trigger, error] of ERRORS) {
  test(`an error in the trigger ${JSON.stringify(trigger)} points into the trigger`, async () => {
    const found = await failure('FROM base\n', { images: withTriggers(trigger) });
    if (typeof error === 'string') assert.is(found, error);
    else assert.match(found, error);
  });
}

test.run();
