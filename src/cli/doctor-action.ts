import { mkdirSync, readFileSync } from 'node:fs';
import { needsUserNamespace, type Probe, probe } from '../../runner/index.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { sanitize } from '../progress/sanitize.ts';
import { environmentOf, inNamespace } from './namespace.ts';
import type { GlobalArguments } from './options.ts';

export interface DoctorArguments extends GlobalArguments {
  json?: boolean | undefined;
}

/**
 * Looks at the machine from where builds work: inside of a user namespace where they need one and can have it.
 * Exit code 1 where no RUN can be executed.
 */
export async function doctorAction(argv: DoctorArguments): Promise<number> {
  const { root } = environmentOf(argv);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const probes = await probe(root);
  const enter = needsUserNamespace() && probes.every(({ ok }) => ok);
  return enter ? inNamespace(argv, async () => look(argv, root, await probe(root))) : look(argv, root, probes);
}

async function look(argv: DoctorArguments, root: string, probes: readonly Probe[]): Promise<number> {
  const findings = await examine({ root, uid: outerUid() }, probes);
  const ok = findings.every(({ status }) => status !== 'failed');
  process.stdout.write(argv.json ? `${JSON.stringify({ ok, findings }, null, 2)}\n` : textOf(findings));
  return ok ? 0 : 1;
}

/** Root of a user namespace is this user outside of it. */
function outerUid(): number {
  const uid = process.geteuid?.() ?? 0;
  const ranges = readFileSync('/proc/self/uid_map', 'latin1').trim().split('\n');
  const [inside, outside] = (ranges[0] ?? '').trim().split(/\s+/).map(Number);
  return inside === uid && outside !== undefined ? outside : uid;
}

const MARKS = { ok: 'ok     ', limited: 'limited', failed: 'FAILED ' };

function textOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, status, detail, fix }) => [
    `${MARKS[status]}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`${' '.repeat(MARKS.ok.length + width + 4)}fix: ${fix}`]),
  ]);
  return `${lines.map((line) => sanitize(line, false)).join('\n')}\n`;
}
