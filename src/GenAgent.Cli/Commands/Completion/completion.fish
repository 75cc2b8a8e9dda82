function __genagent
    set -l line (commandline -cp)
    genagent "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null
end
complete -c genagent -a '(__genagent)'
