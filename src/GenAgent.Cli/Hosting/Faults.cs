using GenAgent.Agents;
using GenAgent.Cli.Configuration;
using GenAgent.Models;
using GenAgent.Models.Hub;

namespace GenAgent.Cli.Hosting;

/// <summary>Which exit code an exception ends the process with.</summary>
internal static class Faults
{
    /// <summary>What to tell the user; without the name of the code's own parameter, which .NET appends.</summary>
    public static string MessageOf(Exception exception)
    {
        var suffix = exception is ArgumentException { ParamName: { } parameter } ? $" (Parameter '{parameter}')" : null;
        return suffix is null ? exception.Message : exception.Message.Replace(suffix, string.Empty, StringComparison.Ordinal);
    }

    public static ExitCode ExitCodeOf(Exception exception, CliHost host) => exception switch
    {
        CliException cli => cli.ExitCode,
        OperationCanceledException => host.StoppedBy(),
        OptionException or BackendUriException => ExitCode.Usage,
        NoImageException { InnerException: BackendException } or BackendException or HubException => ExitCode.Backend,
        NoImageException => ExitCode.NoImage,
        IOException or UnauthorizedAccessException or InvalidDataException => ExitCode.Storage,
        ArgumentException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };
}
