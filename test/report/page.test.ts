import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newBuildId } from '../../src/journal/build-id.ts';
import { BuildJournals } from '../../src/journal/builds.ts';
import type { JournalStep } from '../../src/journal/types.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { ReportData } from '../../src/report/types.ts';
import { openStore } from '../../src/store/open.ts';
import { Workplace } from '../support/workplace.ts';
import { type OpenPage, openPage, startBrowser } from './browser.ts';

const test = suite('the report as a page');

/** What would run, load or leave the page if any of it were taken for markup. */
const HOSTILE = '</script><img src=x onerror="alert(1)"><!--<script>alert(2)</script>';
const DOCKERFILE = `FROM busybox AS make
COPY src /src
RUN cat /src/say; printf '\\033[31mred\\033[0m and \\033[1;38;5;208mbold\\033[m\\n'; dd if=/dev/zero of=/big bs=1k count=300 2>/dev/null
RUN --mount=type=secret,id=s,env=S echo "token $S end"
FROM busybox
COPY --from=make /big /big
RUN sleep 0.1; echo ${'`'}echo edited later${'`'}
`;

let place: Workplace;
let browser: Browser;
let open: OpenPage;

test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('context/Dockerfile', DOCKERFILE);
  place.write('context/src/say', `${HOSTILE}\n\u2028line\u2029\n`);
  place.write(`context/src/<img src=x onerror=alert(3)>`, 'x');
  place.write('secret', 'a-secret-value');
  const build = ['build', '-t', 'app', '--secret', 'id=s,src=secret', 'context'];
  await place.ok(build);
  place.write(`context/src/<img src=x onerror=alert(3)>`, 'y');
  await place.ok(build);
  await place.ok(['report', '--html', 'report.html']);
  browser = await startBrowser();
  open = await openPage(browser, place.at('report.html'));
});
test.after(async () => {
  await browser?.close();
  place.remove();
});

/** What somebody sees of an element, not what is in the document. */
async function shown(element: Locator): Promise<string> {
  return (await element.allInnerTexts()).join('\n');
}

function texts(selector: string): Promise<string[]> {
  return open.page.locator(selector).allInnerTexts();
}

test('it says what was built, what came from the cache and why steps ran', async () => {
  assert.is(await shown(open.page.locator('h1')), 'app');
  assert.match(await shown(open.page.locator('.numbers')), /4 ran, 2 cached/);
  const steps = (await texts('#steps tbody tr')).join('\n');
  assert.ok(steps.includes('src/<img src=x onerror=alert(3)> has other content'), steps);
  assert.ok(steps.includes('in the cache, which saved'), steps);
  assert.match(steps, /ran, .*\([+−±]/);
});

test('the timeline has a bar for each step that ran; zoom, click and keys work', async () => {
  const { page } = open;
  const bars = page.locator('.bar:not(.is-internal)');
  assert.ok((await bars.count()) >= 4);
  const bar = bars.filter({ hasText: 'RUN cat /src/say' });
  const width = async () => (await bar.boundingBox())?.width ?? 0;
  const before = await width();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  assert.ok((await width()) > 1.3 * before);
  await page.getByRole('button', { name: 'Fit' }).click();
  await bar.hover();
  assert.match(await shown(page.getByRole('tooltip')), /RUN cat[\s\S]* ms/);
  await page.locator('.bar').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('.details').isVisible());
  await page.keyboard.press('Escape');
  assert.not(await page.locator('.details').isVisible());
});

test('a click on a step shows what it needs, what a hit would save, and its largest files', async () => {
  const { page } = open;
  await page.locator('.bar', { hasText: 'RUN cat /src/say' }).click();
  const details = await shown(page.locator('.details'));
  assert.match(details, /With this step cached\s+(−\d|no time)/);
  assert.match(details, /Needs\s+\[make 2\/4\] COPY src \/src/);
  assert.match(details, /307 kB in 1 file\s+big\s+307 kB/);
  await page.getByRole('button', { name: 'Show its output' }).click();
  await page.keyboard.press('Escape');
  assert.ok((await texts('#what-if li')).length > 0);
});

test('the treemap has layers and files in them', async () => {
  assert.ok((await texts('.treemap .layer')).some((text) => /307 kB[\s\S]*big/.test(text)));
  await open.page.locator('.treemap .layer').first().click();
  assert.ok(await open.page.locator('.details').isVisible());
  await open.page.keyboard.press('Escape');
});

test('output has colours, also that of steps from the cache, and is searched', async () => {
  const { page } = open;
  await page.locator('.log-list button', { hasText: 'RUN cat' }).click();
  assert.is(await shown(page.locator('.log-lines .c1')), 'red');
  const color = await page.locator('.log-lines .bold').getAttribute('style');
  assert.match(color ?? '', /rgb\(255, 135, 0\)/);
  assert.ok((await texts('.line')).some((text) => text.includes(HOSTILE)));
  await page.getByLabel('Search all output').fill('TOKEN');
  await page.locator('#logs [role=status]', { hasText: '1 line in 1 step' }).waitFor();
  assert.match(await shown(page.locator('.line.current')), /token \*\*\* end/);
});

test('steps are filtered', async () => {
  const { page } = open;
  const rows = page.locator('#steps tbody tr:visible');
  const all = await rows.count();
  await page.getByRole('button', { name: 'Cached', exact: true }).click();
  assert.ok((await rows.count()) < all);
  await page.getByLabel('Find a step or a reason').fill('no such text');
  assert.is(await rows.count(), 0);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByLabel('Find a step or a reason').fill('');
  assert.is(await rows.count(), all);
});

test('nothing of the build became markup, nothing was asked for, no secret is in it', async () => {
  assert.is(await open.page.locator('img').count(), 0);
  assert.equal(open.requests, []);
  assert.equal(open.complaints, []);
  assert.not(readFileSync(place.at('report.html'), 'utf8').includes('a-secret-value'));
  const policy = await open.page.locator('meta[http-equiv]').getAttribute('content');
  const answer = await open.page.evaluate("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')");
  assert.match(policy ?? '', /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
  assert.is(answer, 'refused');
});

const STEPS = 1000;

/** A build of many steps that said as much as a journal keeps. */
async function writeBigBuild(): Promise<void> {
  const { layout } = await openStore(place.root);
  const id = newBuildId(Date.now() + 60_000);
  const writer = new JournalWriter(new BuildJournals(layout).directory(id));
  const started = Date.now();
  const steps = Array.from({ length: STEPS }, (_, at): JournalStep => {
    const began = started + 20 * at;
    const [vertex, name] = [`step-${at}`, `[stage-${at % 9} ${at + 1}/${STEPS}] RUN make target-${at}`];
    const inputs = at < 2 ? [] : [`step-${at - 2}`];
    return { vertex, name, inputs, outcome: 'ran', started: began, completed: began + 39 };
  });
  const line = 'compiling something with a long name, and saying so\n';
  for (const { vertex } of steps) {
    writer.write({ type: 'log', vertex, time: started, stream: 1, data: Buffer.from(line.repeat(1000)) });
  }
  writer.close({
    id,
    started,
    completed: started + 21 * STEPS,
    outcome: 'done',
    targets: [],
    images: [],
    jobs: 4,
    steps,
  });
}

test('a build of a thousand steps and all the output that is kept stays a page, and says what it leaves out', async () => {
  await writeBigBuild();
  await place.ok(['report', '--html', 'big.html']);
  assert.ok(statSync(place.at('big.html')).size < 24 * 1024 * 1024);
  const { page, complaints } = await openPage(browser, place.at('big.html'));
  assert.is(await page.locator('.bar').count(), STEPS);
  assert.match(await shown(page.locator('.omitted')), /bytes of the output of \d+ steps are left out/);
  assert.ok((await page.locator('.line').count()) < 300);
  await page.getByLabel('Search all output').fill('compiling');
  await page.locator('#logs [role=status]', { hasText: '5,000 lines or more' }).waitFor();
  assert.equal(complaints, []);
});

test('the report is a text, JSON, and an error where there is nothing to tell', async () => {
  const [, id = ''] = (await place.ok(['builds', 'ls', '-q'])).split('\n');
  assert.match(await place.ok(['report', id]), /^app {2}done in [\s\S]*The build waited for\nTOOK/);
  const report = JSON.parse(await place.ok(['report', id, '--json'])) as ReportData;
  assert.ok(report.steps.some(({ layer }) => layer?.bytes === 307_200));
  assert.ok(report.critical.length > 0);
  const unknown = await place.run(['report', 'nope', '--html', 'none.html']);
  assert.is(unknown.code, 1);
  assert.match(unknown.stderr, /no build of the ID nope/);
  assert.not(existsSync(place.at('none.html')));
  assert.is((await place.run(['report', id, '--against', id])).code, 2);
});

test.run();
