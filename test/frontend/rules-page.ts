import { RULES } from '../../src/frontend/lint/rules/index.ts';

const HEAD = `# Checks

\`tsbuild --check .\` checks a build file without building it; a build warns of the same things. The rules, their names
and their messages are those of BuildKit, so that what a file says about them holds for both:

- \`# check=skip=RuleName,OtherRule\` in one of the first lines, or \`skip=all\`, leaves rules out. The same comment right
  above an instruction holds for that instruction.
- \`# check=error=true\` makes an error of every warning, before anything is executed.
- \`# check=experimental=RuleName\`, or \`=all\`, turns on rules that are off otherwise.
- \`;\` joins them: \`# check=skip=JSONArgsRecommended;error=true\`. \`--build-arg BUILDKIT_DOCKERFILE_CHECK=…\` stands in
  their place for one build.

\`--check\` looks at all stages, or with \`--target\` at what that one needs; a build looks at what it needs. The command
ends with 1 where a check warns. \`--call=check,format=json\` prints the warnings for programs.
`;

/** The page of the rules, made of their rows. */
export function rulesPage(): string {
  const list = RULES.map(({ name, description, experimental }) => {
    const mark = experimental ? ' (experimental)' : '';
    return `| [${name}](#${name.toLowerCase()})${mark} | ${description.replaceAll('|', '\\|')} |`;
  });
  const sections = RULES.map(({ name, description, experimental, why, bad, good, ignore }) =>
    [
      `## ${name}`,
      `${sentence(description)} ${why}`,
      ...(experimental ? [`Experimental: \`# check=experimental=${name}\` turns it on.`] : []),
      ...(ignore === undefined ? [] : [`With this ignore file:\n\n${fenced('', ignore)}`]),
      `Bad:\n\n${fenced('dockerfile', bad)}`,
      `Good:\n\n${fenced('dockerfile', good)}`,
    ].join('\n\n'),
  );
  return `${HEAD}\n| rule | what it says |\n| --- | --- |\n${list.join('\n')}\n\n${sections.join('\n\n')}\n`;
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
