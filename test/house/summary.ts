/** What one test file says about itself: the counts that uvu prints last, and how its process ended. */
export interface FileResult {
  passed: number;
  failed: number;
  skipped: number;
  /** Why the file fails beyond its failed tests; empty for a sound file. */
  faults: string[];
}

export interface FileRun {
  output: string;
  /** The exit status, or the name of the signal that ended the process. */
  status: number | string;
  timedOut: boolean;
  /** The file's own text. */
  text: string;
}

interface Counts {
  total: number;
  passed: number;
  skipped: number;
}

/**
 * Judges a run by what was counted, not by the exit status alone: uvu ends with status 0 when `.run()` was forgotten
 * and when a `before` hook throws. With `strict` a skipped test is a failure too.
 */
export function judge(run: FileRun, strict: boolean): FileResult {
  const counts = parseCounts(run.output);
  const faults = faultsOf(run, counts);
  const { total, passed, skipped } = counts ?? { total: 0, passed: 0, skipped: 0 };
  if (strict && skipped > 0) faults.push(`skipped: ${skippedNames(run.text).join(', ') || skipped}`);
  const failed = total - passed + (strict ? skipped : 0);
  return { passed, failed: failed === 0 && faults.length > 0 ? 1 : failed, skipped, faults };
}

function faultsOf(run: FileRun, counts: Counts | undefined): string[] {
  const faults = forgottenRuns(run.text).map((name) => `the suite \`${name}\` has no ${name}.run()`);
  if (run.timedOut) faults.push('timed out');
  else if (counts === undefined) faults.push(`ended (${run.status}) without a summary`);
  else if (counts.total === 0) faults.push('ran no test');
  else if (counts.passed < counts.total && run.status === 0) faults.push('a hook threw');
  else if (counts.passed === counts.total && run.status !== 0) faults.push(`ended with ${run.status} after its tests`);
  return faults;
}

/** The last summary of a file's output: a test may print one of its own before. */
function parseCounts(output: string): Counts | undefined {
  const matches = [...output.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm)];
  const [, total, passed, skipped] = matches.at(-1) ?? [];
  if (total === undefined) return undefined;
  return { total: Number(total), passed: Number(passed), skipped: Number(skipped) };
}

/** uvu keeps no names of skipped tests, nor of those that an `only` leaves out: they are read from the text. */
function skippedNames(text: string): string[] {
  return [...text.matchAll(/^\s*\w+\.(skip|only)\(\s*(['"`])(.*?)\2/gm)].map(([, verb, , name]) => `${verb} "${name}"`);
}

function forgottenRuns(text: string): string[] {
  const suites = [...text.matchAll(/^(?:const|let) (\w+) = suite\b/gm)].map((match) => match[1] ?? '');
  return suites.filter((name) => !new RegExp(`^\\s*${name}\\.run\\(\\)`, 'm').test(text));
}
