using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Models;
using GenAgent.Models.Hub;
using GenAgent.Running;
using GenAgent.Torch.Native;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Cli.Hosting;

/// <summary>Which exit code and message an exception ends the process with.</summary>
internal static class ExitCodes
{
    /// <summary>The message, with the flag that helps.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        RunFolderException => $"{ErrorMessages.Of(exception)} Name another folder with --out.",
        _ => ErrorMessages.Of(exception),
    };

    public static ExitCode Of(Exception exception, CliHost host) => Of(exception, host.StoppedBy);

    /// <summary>The exit code.</summary>
    /// <param name="exception">The fault.</param>
    /// <param name="stoppedBy">What the process ends with when it was told to stop.</param>
    public static ExitCode Of(Exception exception, Func<ExitCode> stoppedBy) => exception switch
    {
        CliException cli => cli.ExitCode,
        TypeInitializationException { InnerException: { } cause } => Of(cause, stoppedBy),
        RunStoppedException { InnerException: { } cause } => Of(cause, stoppedBy),
        OperationCanceledException => stoppedBy(),
        OptionException or BackendUriException or PromptFileException => ExitCode.Usage,
        NoImageException { InnerException: BackendException } or BackendException or HubException => ExitCode.Backend,
        NoImageException => ExitCode.NoImage,
        IOException or System.Data.Common.DbException or UnauthorizedAccessException or InvalidDataException or TorchNativeException
            or OutOfMemoryException or JsonException => ExitCode.Storage,
        InvalidOperationException { Source: "System.Text.Json" } => ExitCode.Storage,
        ArgumentException or SafetensorsException or WeightMismatchException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };
}
