using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Training;

/// <summary>What <c>genagent train</c> was asked for.</summary>
/// <param name="Recipe">The recipe's file.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Resume">Whether to go on from the newest checkpoint.</param>
/// <param name="Changes">Values that replace the recipe's.</param>
/// <param name="Host">The program's surroundings.</param>
/// <param name="Screen">Shows how far it is.</param>
/// <param name="CancellationToken">Stops the run.</param>
internal sealed record TrainCall(
    string Recipe, string Folder, bool Resume, IReadOnlyList<string> Changes, CliHost Host, ITrainingScreen Screen, CancellationToken CancellationToken)
{
    /// <summary>Makes a path of the recipe, relative to the working folder, whole.</summary>
    public string FullPath(string path) => Host.FullPath(path);
}
