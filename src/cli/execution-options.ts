import { LOCK_OPTIONS, type LockOption } from './lock-option.ts';
import { flag, list, value } from './option-kinds.ts';
import { RUNTIME_OPTION, type RuntimeOption } from './runtime-option.ts';

const PROGRESS = ['auto', 'tty', 'plain', 'quiet', 'rawjson'] as const;

/** What commands that build take, whatever says what to build. */
export const EXECUTION_OPTIONS = {
  allow: list('Grant what a build asks for: network.host, security.insecure'),
  'no-cache': flag('Run every step; results are still cached'),
  offline: flag('Ask no registry: base images and caches come from the store'),
  ...LOCK_OPTIONS,
  ...RUNTIME_OPTION,
  jobs: value('Steps that run at once [one for each processor, at least 2]', 'j'),
  progress: { choices: PROGRESS, default: 'auto' as const, requiresArg: true, describe: 'How progress is shown' },
} as const;

export interface ExecutionArguments extends LockOption, RuntimeOption {
  allow?: readonly string[] | undefined;
  noCache?: boolean | undefined;
  offline?: boolean | undefined;
  jobs?: string | undefined;
  progress: (typeof PROGRESS)[number];
}
