import type { Argv } from 'yargs';

/** `tsbuild completion SHELL`. */
export const completionCommand = {
  command: 'completion <shell>',
  describe: 'Print what makes a shell complete command lines: source <(tsbuild completion bash)',
  builder: (yargs: Argv) =>
    yargs
      .positional('shell', { choices: ['bash', 'zsh', 'fish'] as const, demandOption: true })
      .example('source <($0 completion bash)', 'in ~/.bashrc; for zsh in ~/.zshrc, behind compinit')
      .example('$0 completion fish | source', 'in ~/.config/fish/config.fish'),
  handler: async ({ shell }: { shell: 'bash' | 'zsh' | 'fish' }): Promise<number> => {
    const { COMPLETION_SCRIPTS } = await import('../completion-scripts.ts');
    process.stdout.write(COMPLETION_SCRIPTS[shell]);
    return 0;
  },
};
