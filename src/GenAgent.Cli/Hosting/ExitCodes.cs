using GenAgent.Agents;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Models;
using GenAgent.Models.Hub;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Cli.Hosting;

/// <summary>Which exit code and message an exception ends the process with.</summary>
internal static class ExitCodes
{
    /// <summary>The message, with the flag that helps.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        RunFolderException => $"{exception.Message} Name another folder with --out.",
        _ => ErrorMessages.Of(exception),
    };

    public static ExitCode Of(Exception exception, CliHost host) => exception switch
    {
        CliException cli => cli.ExitCode,
        BatchStoppedException { InnerException: { } cause } => Of(cause, host),
        OperationCanceledException => host.StoppedBy(),
        OptionException or BackendUriException => ExitCode.Usage,
        NoImageException { InnerException: BackendException } or BackendException or HubException => ExitCode.Backend,
        NoImageException => ExitCode.NoImage,
        RunFolderException { IsOptions: true } => ExitCode.Usage,
        IOException or UnauthorizedAccessException or InvalidDataException => ExitCode.Storage,
        ArgumentException or SafetensorsException or WeightMismatchException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };
}
