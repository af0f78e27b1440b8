import { TsbuildError } from '../base/error.ts';
import { portText } from '../containers/ports.ts';
import { argumentsOf, type ContainerSpec, shortContainerId } from '../containers/spec.ts';
import { type ContainerState, readState } from '../containers/state.ts';
import { withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { ago, table } from './table.ts';
import { fillTemplate } from './template.ts';

export interface PsArguments extends GlobalArguments {
  all?: boolean | undefined;
  quiet?: boolean | undefined;
  noTrunc?: boolean | undefined;
  format?: string | undefined;
  json?: boolean | undefined;
  filter?: string[] | undefined;
}

/** Lists containers, the newest first. */
export async function listContainers(argv: PsArguments): Promise<number> {
  return withStore(argv, async (store) => {
    const specs = (store.containers.list() as ContainerSpec[]).reverse();
    const found = await Promise.all(
      specs.map(async (spec) => ({ spec, state: await readState(store.containers.path(spec.id)) })),
    );
    const filters = (argv.filter ?? []).map(filterOf);
    const isShown = argv.all || filters.some(({ key }) => key === 'status');
    const shown = found
      .filter(({ state }) => isShown || state.status === 'running')
      .filter((container) => filters.every(({ matches }) => matches(container)));
    process.stdout.write(render(shown, argv));
    return 0;
  });
}

interface Listed {
  spec: ContainerSpec;
  state: ContainerState;
}

function render(listed: readonly Listed[], argv: PsArguments): string {
  const { format, json, quiet, noTrunc = false } = argv;
  if (quiet) return listed.map(({ spec }) => `${noTrunc ? spec.id : shortContainerId(spec.id)}\n`).join('');
  const rows = listed.map((container) => rowOf(container, noTrunc));
  if (json) return `${JSON.stringify(rows)}\n`;
  if (format === 'json') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  if (format !== undefined && format !== 'table') return rows.map((row) => `${fillTemplate(format, row)}\n`).join('');
  return table(
    ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
    rows.map((row) => [row.ID, row.Image, row.Command, row.RunningFor, row.Status, row.Ports, row.Names]),
  );
}

const COMMAND_WIDTH = 20;

/** The fields and their names are docker's. */
function rowOf({ spec, state }: Listed, whole: boolean) {
  const command = argumentsOf(spec.config).join(' ');
  const shown = whole || command.length <= COMMAND_WIDTH ? command : `${command.slice(0, COMMAND_WIDTH - 1)}…`;
  return {
    ID: whole ? spec.id : shortContainerId(spec.id),
    Image: spec.image.name,
    Command: JSON.stringify(shown),
    CreatedAt: spec.created,
    RunningFor: ago(spec.created),
    State: state.status,
    Status: statusText(state),
    Ports: state.status === 'running' ? spec.ports.map(portText).join(', ') : '',
    Names: spec.name,
    Networks: spec.network,
    Mounts: spec.mounts.map((mount) => ('name' in mount ? mount.name : mount.target)).join(','),
    Labels: Object.entries(spec.config.Labels ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
  };
}

function statusText(state: ContainerState): string {
  if (state.status === 'created') return 'Created';
  if (state.status === 'exited') {
    const when = state.finishedAt === undefined ? '' : ` ${ago(state.finishedAt)}`;
    return `Exited (${state.exitCode})${when}`;
  }
  const health = state.health === undefined ? '' : ` (${HEALTH[state.health.status]})`;
  return `Up ${ago(state.startedAt).replace(/ ago$/, '')}${health}`;
}

const HEALTH = { starting: 'health: starting', healthy: 'healthy', unhealthy: 'unhealthy' };

interface Filter {
  key: string;
  matches: (container: Listed) => boolean;
}

/** `--filter KEY=VALUE`. */
function filterOf(text: string): Filter {
  const [key = '', value = ''] = text.split(/=(.*)/s);
  const test = FILTERS[key];
  if (test !== undefined && value !== '') return { key, matches: (container) => test(container, value) };
  throw new TsbuildError('USAGE', `--filter ${text} is not understood`, {
    hint: `write one of ${Object.keys(FILTERS).join(', ')} and =VALUE`,
  });
}

const FILTERS: Readonly<Record<string, (container: Listed, value: string) => boolean>> = {
  id: ({ spec }, value) => spec.id.startsWith(value),
  name: ({ spec }, value) => spec.name.includes(value),
  ancestor: ({ spec: { image } }, value) => image.name === value || image.id.startsWith(`sha256:${value}`),
  status: ({ state }, value) => state.status === value,
  exited: ({ state }, value) => state.status === 'exited' && String(state.exitCode) === value,
  health: ({ state }, value) => (state.health?.status ?? 'none') === value,
  volume: ({ spec }, value) =>
    spec.mounts.some((mount) => mount.target === value || ('name' in mount && mount.name === value)),
  label: ({ spec }, value) => {
    const [name = '', wanted] = value.split(/=(.*)/s);
    const found = spec.config.Labels?.[name];
    return found !== undefined && (wanted === undefined || wanted === found);
  },
};
