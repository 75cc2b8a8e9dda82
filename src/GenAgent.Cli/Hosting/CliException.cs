namespace GenAgent.Cli.Hosting;

/// <summary>A command cannot go on; the message is all that the user needs to see.</summary>
internal sealed class CliException(ExitCode exitCode, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public ExitCode ExitCode { get; } = exitCode;
}
