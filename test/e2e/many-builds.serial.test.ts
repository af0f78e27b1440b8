import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('builds at once');
const BUILDS = 20;

/** Adds to a number in two steps with a pause between them: who runs at the same time would lose an addition. */
const DOCKERFILE = `FROM busybox
ARG NUMBER
RUN --mount=type=cache,target=/c,sharing=locked \\
  test ! -e /c/busy && touch /c/busy && read n < /c/n; sleep 0.01; echo $((n + 1)) > /c/n && rm /c/busy
`;

test('20 builds share a store and a locked cache mount: all succeed, none sees what another has half done', async () => {
  const place = await Workplace.withBusybox();
  try {
    const numbers = Array.from({ length: BUILDS }, (_, index) => String(index));
    const images = await Promise.all(numbers.map((n) => place.build(DOCKERFILE, ['--build-arg', `NUMBER=${n}`])));
    assert.is(new Set(images).size, BUILDS);
    const read = 'FROM busybox\nRUN --mount=type=cache,target=/c test "$(cat /c/n)" = 20 && test ! -e /c/busy\n';
    await place.build(read);
    assert.match(await place.ok(['du']), /cache mounts +1 /);
    const { deleted } = JSON.parse(await place.ok(['prune', '--all', '--json'])) as { deleted: { kind: string }[] };
    const [mount] = deleted.filter(({ kind }) => kind === 'cache mount');
    assert.equal({ ...mount, size: 0 }, { kind: 'cache mount', id: '/c', reason: 'all cache is deleted', size: 0 });
  } finally {
    place.remove();
  }
});

test.run();
