using GenAgent.Agents;
using GenAgent.Cli.Configuration;
using GenAgent.Models;
using GenAgent.Models.Hub;
using GenAgent.Torch.Safetensors;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Hosting;

/// <summary>Which exit code an exception ends the process with.</summary>
internal static class Faults
{
    /// <summary>What to tell the user: without the name of the code's own parameter, which .NET appends, and without a run's id, which the user did not choose.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        ArgumentException { ParamName: { } parameter } => exception.Message.Replace($" (Parameter '{parameter}')", string.Empty, StringComparison.Ordinal),
        NoImageException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        RunCanceledException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        StorageException { Advice: { } advice } => $"{exception.Message} {advice}, and run the same command again.",
        _ => exception.Message,
    };

    public static ExitCode ExitCodeOf(Exception exception, CliHost host) => exception switch
    {
        CliException cli => cli.ExitCode,
        OperationCanceledException => host.StoppedBy(),
        OptionException or BackendUriException => ExitCode.Usage,
        NoImageException { InnerException: BackendException } or BackendException or HubException => ExitCode.Backend,
        NoImageException => ExitCode.NoImage,
        IOException or UnauthorizedAccessException or InvalidDataException or SafetensorsException or WeightMismatchException => ExitCode.Storage,
        ArgumentException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };
}
