import type { Argv } from 'yargs';
import type { DoctorArguments } from '../doctor-action.ts';
import { flag } from '../option-kinds.ts';

export const doctorCommand = {
  command: 'doctor',
  describe: 'Say what works on this machine, what does not, and which command mends it',
  builder: (yargs: Argv) => yargs.options({ json: flag('As JSON') }),
  handler: async (argv: DoctorArguments): Promise<number> => (await import('../doctor-action.ts')).doctorAction(argv),
};
