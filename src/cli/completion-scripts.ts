/**
 * What shells source. Each asks `tsbuild complete -- WORDS`, the last word being the one that is completed, and gets a
 * line for each candidate, with what it is behind a tab; the line `:files` says that names of files fit, too.
 */
export const COMPLETION_SCRIPTS = {
  bash: String.raw`# bash completion for tsbuild
_tsbuild() {
  local line value files= current prefix
  local -a words
  COMPREPLY=()
  # Not COMP_WORDS: bash parts words at colons and equals signs, too.
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:0:COMP_POINT}" == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  while IFS= read -r line; do
    value="\${line%%$'\t'*}"
    if [[ $value == :files ]]; then files=1
    elif [[ $value == "$current"* ]]; then COMPREPLY+=("$value"); fi
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  prefix="\${current%"\${current##*[:=]}"}"
  [[ -n $prefix ]] && COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${current#"$prefix"}")
  fi
}
complete -F _tsbuild tsbuild
`.replaceAll('\\$', '$'),
  zsh: String.raw`#compdef tsbuild
_tsbuild() {
  local line files
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then files=1
    elif [[ -n $line ]]; then candidates+=("\${\${line%%$'\t'*}//:/\\:}:\${line#*$'\t'}"); fi
  done
  (( $#candidates )) && _describe tsbuild candidates
  [[ -n $files ]] && _files
  return 0
}
compdef _tsbuild tsbuild
`.replaceAll('\\$', '$'),
  fish: `# fish completion for tsbuild
function __tsbuild_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c tsbuild -f -a '(__tsbuild_complete)'
`,
} as const;
