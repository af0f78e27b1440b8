import { TsbuildError } from '../../src/base/error.ts';
import { ControlGroup } from './group.ts';
import { hierarchyOf } from './hierarchy.ts';
import type { Controller, Limits } from './limits.ts';

/** What a controller of the machine does for us, found by making a group with a limit and removing it. */
export interface ControllerState {
  controller: Controller;
  /** Of the hierarchy; undefined where there is none in which we could make a group. */
  version: 1 | 2 | undefined;
  /** Why no limit can be set. */
  problem?: TsbuildError | undefined;
}

/** A limit that any machine can keep, for each controller. */
const HARMLESS: Readonly<Record<Controller, Limits>> = {
  memory: { memory: 64 << 20 },
  cpu: { cpuShares: 1024 },
  cpuset: { cpusetCpus: '0' },
  pids: { pids: 64 },
};

export async function controllerStates(): Promise<ControllerState[]> {
  const states: ControllerState[] = [];
  for (const controller of Object.keys(HARMLESS) as Controller[]) states.push(await tryController(controller));
  return states;
}

async function tryController(controller: Controller): Promise<ControllerState> {
  const version = hierarchyOf(controller)?.version;
  try {
    await (await ControlGroup.create(HARMLESS[controller])).remove();
    return { controller, version };
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return { controller, version, problem: error };
  }
}
