using GenAgent.Agents;
using GenAgent.Trajectories;

namespace GenAgent.Hosting;

/// <summary>What to tell a user of an exception.</summary>
public static class ErrorMessages
{
    /// <summary>The message without the name of the code's own parameter, which .NET appends, and without a run's id, which the user did not choose.</summary>
    public static string Of(Exception exception) => exception switch
    {
        ArgumentException { ParamName: { } parameter } => exception.Message.Replace($" (Parameter '{parameter}')", string.Empty, StringComparison.Ordinal),
        NoImageException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        RunCanceledException { Trajectory.Id: var id } => exception.Message.Replace($"Run {id} made no image", "no image", StringComparison.Ordinal),
        StorageException { Advice: { } advice } => $"{exception.Message} {advice}, and run the same command again.",
        _ => exception.Message,
    };
}
