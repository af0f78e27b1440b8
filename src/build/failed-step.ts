import type { SandboxExit, SandboxIo } from '../../runner/index.ts';
import type { StepSandbox } from '../ops/run-sandbox.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** Runs a shell in the place of a step's command. */
export type OpenShell = (io: SandboxIo) => Promise<SandboxExit>;

/** What the first step whose command fails has left, where somebody wants to look at it. */
export class FailedStep {
  #step: StepSandbox | undefined;

  /** For executors: see `RunContext`. */
  readonly take = (step: StepSandbox): boolean => {
    if (this.#step !== undefined) return false;
    this.#step = step;
    return true;
  };

  /** Undefined where no command has failed. */
  shell(snapshots: Snapshots): OpenShell | undefined {
    const step = this.#step;
    return step && (async (io) => (await import('../ops/step-shell.ts')).runShell(step, snapshots, io));
  }

  discard(): void {
    this.#step?.discard();
    this.#step = undefined;
  }
}
