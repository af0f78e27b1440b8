import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { layoutOf } from '../../src/picture/layout.ts';
import { svg } from '../../src/picture/svg.ts';
import type { Picture } from '../../src/picture/types.ts';
import { needProgram } from '../house/programs.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite<{ place: Workplace }>('tsbuild graph');

const DOCKERFILE = `FROM scratch AS a
COPY ["x", "/odd <&> #1; {name}|"]
FROM scratch AS b
COPY --link x /y
COPY --from=a / /a
WORKDIR /w
FROM busybox
RUN --mount=type=bind,from=b,target=/b cat "/b/y"
COPY --from=a /x /x
`;

test.before((context) => {
  context.place = new Workplace();
  context.place.write('c/x', 'x');
  context.place.write('c/Dockerfile', DOCKERFILE);
});
test.after(({ place }) => place.remove());

const draw = (place: Workplace, format: string, ...args: string[]) =>
  place.ok(['graph', '--format', format, ...args, place.at('c')]);

test('json: the steps, each behind what it needs, and what leads to them', async ({ place }) => {
  const { steps, edges } = JSON.parse(await draw(place, 'json')) as Picture;
  const labels = new Map(steps.map(({ id, label }) => [id, label.replace(/ .*/, '')]));
  const groups = steps.map(({ group, label }) => `${group}: ${label.slice(0, 20)}`);
  assert.equal(groups, [
    'stage-2: FROM docker.io/libra',
    'b: COPY --link x /y',
    'a: COPY ["x", "/odd <&>',
    'b: COPY --from=a / /a',
    'b: WORKDIR /w',
    'stage-2: RUN --mount=type=bin',
    'stage-2: COPY --from=a /x /x',
  ]);
  const shown = edges.map(({ from, to, kind }) => `${labels.get(from)} ${kind} ${labels.get(to)}`);
  assert.equal(shown.sort(), [
    'COPY copy COPY',
    'COPY copy COPY',
    'COPY from COPY',
    'COPY from WORKDIR',
    'FROM from RUN',
    'RUN from COPY',
    'WORKDIR mount RUN',
  ]);
  const place2 = new Map(steps.map(({ id }, index) => [id, index]));
  for (const { from, to } of edges) assert.ok((place2.get(from) ?? 99) < (place2.get(to) ?? -1));
});

/** What Graphviz reads: the labels of nodes and of clusters, and the edges by the labels of their ends. */
function graphviz(text: string): { labels: string[]; edges: string[] } {
  const read = execFileSync(needProgram('dot'), ['-Tdot_json'], { input: text, encoding: 'utf8' });
  const { objects, edges } = JSON.parse(read) as {
    objects: { label: string }[];
    edges: { tail: number; head: number; label?: string }[];
  };
  const labels = objects.map(({ label }) => label);
  return {
    labels: labels.toSorted(),
    edges: edges.map(({ tail, head, label }) => `${labels[tail]} ${label || 'from'} ${labels[head]}`).sort(),
  };
}

test('dot: Graphviz reads the steps, stages and edges that there are', async ({ place }) => {
  const { steps, edges } = JSON.parse(await draw(place, 'json')) as Picture;
  const byId = new Map(steps.map(({ id, label }) => [id, label]));
  assert.equal(graphviz(await draw(place, 'dot')), {
    labels: [...byId.values(), ...new Set(steps.map(({ group }) => group))].sort(),
    edges: edges.map(({ from, to, kind }) => `${byId.get(from)} ${kind} ${byId.get(to)}`).sort(),
  });
});

test('Mermaid: names are known, and no text ends early', async ({ place }) => {
  const flowchart = (await draw(place, 'mermaid')).split('\n');
  const known = flowchart.flatMap(
    (line) => /^ {4}(s\d+)\["[^"<>&{}|]*"\]$/.exec(line.replaceAll('<br/>', ' '))?.[1] ?? [],
  );
  assert.is(known.length, 7);
  const edges = flowchart.flatMap((line) => {
    const found = /^ {2}(s\d+) (?:-->|-\. copy \.->|-\. mount \.->) (s\d+)$/.exec(line);
    return found === null ? [] : [[found[1], found[2]]];
  });
  assert.is(edges.length, 7);
  assert.ok(edges.flat().every((name) => known.includes(name as string)));
});

/** Goes through XML and returns the names of the elements; throws where one is not closed. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const found: string[] = [];
  for (const [, closing, name = '', rest = ''] of xml.matchAll(/<(\/?)(\w+)((?:\s+[\w:-]+="[^"<&]*")*\s*\/?)>/g)) {
    if (closing) assert.is(open.pop(), name);
    else {
      found.push(name);
      if (!rest.endsWith('/')) open.push(name);
    }
  }
  assert.equal(open, []);
  const text = xml.replace(/<style>[^<]*<\/style>/, '').replace(/<\/?\w+(?:\s+[\w:-]+="[^"<&]*")*\s*\/?>/g, '');
  assert.not.match(text, /[<>]|&(?!#\d+;)/);
  return found;
}

test('svg: well formed, by itself, nothing over anything, every edge leads down', async ({ place }) => {
  const picture = JSON.parse(await draw(place, 'json', '--cache')) as Picture;
  assert.ok(picture.steps.every(({ outcome }) => outcome !== undefined));
  const drawing = svg(picture);
  const elements = elementsOf(drawing);
  assert.is(elements.filter((name) => name === 'g').length, 7);
  assert.not.match(drawing.replace('xmlns="http://www.w3.org/2000/svg"', ''), /https?:|<script|<image|@import/);
  const { boxes, groups, edges, width, height } = layoutOf(picture);
  for (const box of [...boxes.values(), ...groups]) {
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height);
  }
  for (const all of [[...boxes.values()], groups]) {
    for (const [index, a] of all.entries()) {
      for (const b of all.slice(index + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        assert.ok(apart);
      }
    }
  }
  for (const { from, to } of edges) {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    assert.ok(start !== undefined && end !== undefined && start.y + start.height <= end.y);
  }
});

test('the targets of a bake file, and which of them end where', async ({ place }) => {
  place.write(
    'b/docker-bake.hcl',
    'group "default" { targets = ["one", "two"] }\ntarget "one" { target = "a" }\ntarget "two" { target = "b" }\n',
  );
  place.write('b/Dockerfile', DOCKERFILE);
  place.write('b/x', 'x');
  const text = await place.ok(['graph', '--format', 'json'], { cwd: place.at('b') });
  const { steps } = JSON.parse(text) as Picture;
  assert.equal(
    steps.flatMap(({ targets = [] }) => targets),
    ['one', 'two'],
  );
  assert.is((await place.run(['graph', 'three'], { cwd: place.at('b') })).code, 1);
});

test.run();
