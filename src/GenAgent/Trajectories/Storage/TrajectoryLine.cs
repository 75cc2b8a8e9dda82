namespace GenAgent.Trajectories;

/// <summary>A trajectory and where it stands in its file.</summary>
/// <param name="Trajectory">The trajectory.</param>
/// <param name="Start">The byte at which its line begins.</param>
/// <param name="End">The byte at which the next line begins.</param>
public sealed record TrajectoryLine(Trajectory Trajectory, long Start, long End);
