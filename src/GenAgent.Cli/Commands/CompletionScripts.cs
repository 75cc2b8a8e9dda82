namespace GenAgent.Cli.Commands;

/// <summary>The scripts of <c>genagent completion</c>. Each asks genagent itself, through System.CommandLine's [suggest] directive.</summary>
internal static class CompletionScripts
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bash"] = """
            _genagent() {
                local IFS=$'\n' words
                words=$(genagent "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
                COMPREPLY=($(compgen -W "${words}" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _genagent genagent
            """,
        ["zsh"] = """
            #compdef genagent
            _genagent() {
                local -a words
                words=("${(@f)$(genagent "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -- $words || _files
            }
            compdef _genagent genagent
            """,
        ["fish"] = """
            function __genagent
                set -l line (commandline -cp)
                genagent "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null
            end
            complete -c genagent -a '(__genagent)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName genagent -ScriptBlock {
                param($word, $line, $position)
                genagent "[suggest:$position]" "$line" 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };
}
