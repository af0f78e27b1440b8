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

const IN_RUN: Record<string, string | undefined> = {
  gpus: undefined,
  device: 'use -v for files; --privileged opens the devices that are made in the container',
  attach: '`tsbuild start -a` runs a container in the foreground',
  a: undefined,
  cidfile: '-d prints the ID: tsbuild run -d … > FILE',
  ip: undefined,
  link: 'containers reach each other at the ports they publish',
  'network-alias': undefined,
  pid: undefined,
  ipc: undefined,
  platform: undefined,
  runtime: 'containers are run by the launcher; `build --runtime` chooses for steps',
  'security-opt': undefined,
  'log-driver': '`tsbuild logs` shows what a container has said',
  'detach-keys': undefined,
  expose: 'leave it out: -p publishes any port',
  'volumes-from': 'name the volumes: -v NAME:PATH for each container',
};

/** What is known of an option (without dashes) that tsbuild's command does not have; undefined where docker has none. */
export function dockerOption(command: string, name: string): { hint: string | undefined } | undefined {
  const options = { build: IN_BUILD, run: IN_RUN, create: IN_RUN }[command];
  return options !== undefined && Object.hasOwn(options, name) ? { hint: options[name] } : undefined;
}
