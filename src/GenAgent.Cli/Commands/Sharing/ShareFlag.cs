using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Running.Sharing;
using GenAgent.Server;
using GenAgent.Server.Work;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>The flag <c>--share</c> of commands whose runs workers may join.</summary>
/// <param name="help">What the help says of it; null for the usual.</param>
internal sealed class ShareFlag(string? help = null) : FlagGroup
{
    public Option<string?> Option { get; } = Flag.Of<string?>(
        "--share", "URL",
        help ?? "Shares the work with \"genagent worker\" processes on this PostgreSQL database (postgres://USER@HOST/NAME), or on a folder of this machine. "
            + "--jobs is then this process's own part; 0 leaves all to workers.");

    public override IEnumerable<Symbol> Symbols => [Option];

    /// <summary>Opens the board that the flag names; null without the flag.</summary>
    /// <param name="call">The call.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="jobs">What this process does at once.</param>
    /// <param name="work">What a worker must know.</param>
    /// <exception cref="CliException">It would tell workers a secret.</exception>
    public async Task<OpenShare?> OpenAsync<TWork>(CliCall call, Settings settings, int jobs, Func<TWork> work)
    {
        if (call.Get(Option) is not { } database)
        {
            return jobs > 0 ? null : throw new CliException(ExitCode.Usage, "--jobs 0 leaves all work to workers: say where they are with --share.");
        }

        if (jobs < 0) throw new CliException(ExitCode.Usage, $"--jobs is {jobs}, but must be 0 or more.");
        var description = JsonSerializer.Serialize(work(), SharedSettings.Json);
        if (!settings.SecretMask.Mask(description).Equals(description, StringComparison.Ordinal))
        {
            throw new CliException(
                ExitCode.Usage, "--share: what workers would be told holds a secret. Put it into Secrets, and each worker's own configuration.");
        }

        var board = await OpenBoardAsync(call, settings, database);
        return new(new RunSharing(board, description, jobs) { Options = OptionsOf(settings) });
    }

    /// <summary>Opens a board; a folder is relative to the working folder.</summary>
    public static Task<ITaskBoard> OpenBoardAsync(CliCall call, Settings settings, string database) => TaskBoards.OpenAsync(
        database.Contains("://", StringComparison.Ordinal) ? database : call.Host.FullPath(database), settings.Root["Secrets:database"], call.Host.Time,
        call.CancellationToken);

    public static SharingOptions OptionsOf(Settings settings) =>
        new() { Term = TimeSpan.FromSeconds(settings.Get<ServerOptions>(ServerOptions.SectionName).LeaseSeconds) };
}

/// <summary>How a run is shared, on a board that is open.</summary>
internal sealed record OpenShare(RunSharing Sharing) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Sharing.Board.DisposeAsync();
}
