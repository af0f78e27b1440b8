/**
 * Options of docker's `build` and `run` that tsbuild does not have, for those whose fingers know them, with what to do
 * instead where there is something. An option that comes to tsbuild goes from here.
 */
const IN_BUILD: Record<string, string | undefined> = {
  rm: 'leave it out: nothing remains of a step but its layer',
  'force-rm': 'leave it out: nothing remains of a step but its layer',
  provenance: 'leave it out: attestations are not made',
  sbom: 'leave it out: attestations are not made',
  attest: 'leave it out: attestations are not made',
  builder: 'leave it out: tsbuild builds by itself',
  annotation: undefined,
  squash: undefined,
};

const FOREGROUND = 'containers run in the foreground: `tsbuild run … &` leaves one to the shell';
const PORTS = 'leave it out: containers have the network of the host, and their ports are its ports';
const NO_TERMINAL = 'leave it out: containers get no terminal; -i passes standard input on';

const IN_RUN: Record<string, string | undefined> = {
  detach: FOREGROUND,
  d: FOREGROUND,
  publish: PORTS,
  p: PORTS,
  tty: NO_TERMINAL,
  t: NO_TERMINAL,
  name: 'leave it out: containers have no names',
  init: undefined,
  mount: 'use -v HOST:CONTAINER[:ro]',
  'env-file': undefined,
  'add-host': undefined,
  'cap-add': undefined,
  'cap-drop': undefined,
  cpus: undefined,
  gpus: undefined,
  memory: undefined,
  m: undefined,
  platform: undefined,
  privileged: undefined,
  restart: undefined,
  'security-opt': undefined,
  tmpfs: undefined,
};

/** What is known of an option (without dashes) that tsbuild's command does not have; undefined where docker has none. */
export function dockerOption(command: string, name: string): { hint: string | undefined } | undefined {
  const options = { build: IN_BUILD, run: IN_RUN }[command];
  return options !== undefined && Object.hasOwn(options, name) ? { hint: options[name] } : undefined;
}
