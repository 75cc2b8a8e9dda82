using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>An image that the agent made during a run.</summary>
/// <param name="Round">The round that it was made in: an index into <see cref="Trajectory.Rounds"/>.</param>
/// <param name="Candidate">Which of the round's candidates, from 0.</param>
/// <param name="Prompt">The prompt that the generator was given.</param>
/// <param name="Image">The image, encoded.</param>
/// <param name="Reference">Its reference in the trajectory.</param>
public sealed record Attempt(int Round, int Candidate, string Prompt, DataContent Image, ImageReference Reference)
{
    /// <summary>Its number for the model, from 1; 0 for a candidate that the model never saw.</summary>
    public int Number { get; init; }

    /// <summary>The model's own verdict; null if it gave none.</summary>
    public Verdict? Verdict { get; init; }
}
