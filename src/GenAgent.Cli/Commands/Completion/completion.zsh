#compdef genagent
_genagent() {
    local -a words
    words=("${(@f)$(genagent "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
    compadd -- $words || _files
}
compdef _genagent genagent
