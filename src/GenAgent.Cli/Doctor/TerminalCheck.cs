using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Doctor;

namespace GenAgent.Cli.Doctor;

/// <summary>What the terminal can show.</summary>
internal sealed class TerminalCheck : ICheck
{
    public string Name => "terminal";

    public Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var screen = ((CliHost)context.Host).Screen;
        if (!screen.Profile.Capabilities.Ansi)
        {
            return Task.FromResult(Finding.Note("no terminal, or one without control sequences: runs are shown as plain lines"));
        }

        var protocol = TerminalImages.Choose(context.Settings.Get<RunOptions>(RunOptions.SectionName).Images, screen, context.Host.Environment);
        return Task.FromResult(Finding.Ok(
            $"{screen.Profile.Width} columns, {screen.Profile.Capabilities.ColorSystem} colours, images as {protocol.ToString().ToLowerInvariant()}"));
    }
}
