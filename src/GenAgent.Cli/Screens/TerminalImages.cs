using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Chooses how images are drawn, by what the terminal says of itself in the environment.</summary>
internal static class TerminalImages
{
    public static ImageProtocol Choose(ImageProtocol wanted, IAnsiConsole screen, IReadOnlyDictionary<string, string> environment)
    {
        var capabilities = screen.Profile.Capabilities;
        if (!capabilities.Ansi || !capabilities.Unicode)
        {
            return ImageProtocol.None;
        }

        return wanted != ImageProtocol.Auto ? wanted
            : Native(environment) is { } native ? native
            : capabilities.ColorSystem is ColorSystem.NoColors or ColorSystem.Legacy ? ImageProtocol.None
            : ImageProtocol.Blocks;
    }

    private static ImageProtocol? Native(IReadOnlyDictionary<string, string> environment)
    {
        var term = environment.GetValueOrDefault("TERM") ?? string.Empty;
        var program = environment.GetValueOrDefault("TERM_PROGRAM") ?? string.Empty;

        // tmux and screen swallow what they do not know, unless told otherwise: characters get through.
        if (environment.ContainsKey("TMUX") || environment.ContainsKey("STY"))
        {
            return null;
        }

        return term.Contains("kitty", StringComparison.Ordinal) || environment.ContainsKey("KITTY_WINDOW_ID") || program is "ghostty" ? ImageProtocol.Kitty
            : program is "iTerm.app" or "WezTerm" or "mintty" ? ImageProtocol.Iterm
            : term.StartsWith("foot", StringComparison.Ordinal) || term.Contains("sixel", StringComparison.Ordinal)
                || term.StartsWith("mlterm", StringComparison.Ordinal) ? ImageProtocol.Sixel
            : null;
    }
}
