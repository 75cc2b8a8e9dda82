using System.ComponentModel;

namespace GenAgent.Hosting.Doctor;

/// <summary>Which NVIDIA GPUs the driver knows.</summary>
public sealed class GpuCheck : ICheck
{
    /// <inheritdoc/>
    public string Name => "GPU";

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            var output = await Tool.OutputAsync("nvidia-smi", ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"], cancellationToken);
            return output is null or ""
                ? Finding.Fault("nvidia-smi is there, but lists no GPU",
                    "Run nvidia-smi: driver and kernel module most likely do not match; install the driver again or reboot.")
                : Finding.Ok(string.Join("; ", output.Split('\n', StringSplitOptions.TrimEntries)));
        }
        catch (Win32Exception)
        {
            return Finding.Note(
                "no NVIDIA driver: local models run on the CPU", "With a GPU in this machine, install its driver. Else use a model behind a server for speed.");
        }
    }
}
