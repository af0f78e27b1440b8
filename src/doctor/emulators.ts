import { emulators } from '../../runner/index.ts';
import type { Finding, Patient } from './finding.ts';
import { installCommand } from './packages.ts';

/** Which other processors' programs RUN can execute. */
export function examineEmulators({ uid }: Pick<Patient, 'uid'>, directory?: string): Finding {
  const name = 'other platforms';
  const usable = emulators(directory).filter(({ fixed }) => fixed);
  if (usable.length > 0) {
    const names = [...new Set(usable.map(({ architecture }) => architecture))].sort();
    return { name, status: 'ok', detail: `emulated: ${names.join(', ')}` };
  }
  const detail = 'no emulator is registered: RUN works for this processor alone';
  return { name, status: 'limited', detail, fix: installCommand('qemu-user-static', uid) };
}
