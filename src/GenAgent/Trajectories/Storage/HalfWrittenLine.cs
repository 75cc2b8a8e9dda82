namespace GenAgent.Trajectories;

/// <summary>A line that was cut off, because the process that wrote it did not finish it.</summary>
/// <param name="Offset">Where it began, in bytes from the file's start.</param>
/// <param name="Length">How many bytes were cut off.</param>
public sealed record HalfWrittenLine(long Offset, long Length);
