using System.Runtime.CompilerServices;
using GenAgent.Hosting;

namespace GenAgent.Cli.Hosting;

/// <summary>Tells an error where the command line itself cannot: before it has a host, and on a thread that nobody waits for.</summary>
internal static class LastError
{
    /// <summary>Writes one line, and returns what the process ends with instead of an abort.</summary>
    public static ExitCode Tell(TextWriter error, Exception exception)
    {
        try
        {
            return TellInWords(error, exception);
        }
        catch (Exception)
        {
            // Not even that could be loaded: most likely there are no file handles left.
            error.WriteLine($"error: {exception.Message} Most likely the limit of open files is too low (ulimit -n).");
            return ExitCode.Failed;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ExitCode TellInWords(TextWriter error, Exception exception)
    {
        var code = ExitCodes.Of(exception, static () => ExitCode.Cancelled);
        error.WriteLine(code == ExitCode.Failed ? $"error: {exception}" : $"error: {TerminalText.Clean(ErrorMessages.Of(exception))}");
        return code;
    }
}
