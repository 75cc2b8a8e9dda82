using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Browsing;

/// <summary>A size of the window that people use.</summary>
public enum Screen
{
    Desktop,
    Phone,
}

internal static class Screens
{
    public static ViewportSize SizeOf(Screen screen) => screen == Screen.Desktop ? new() { Width = 1280, Height = 860 } : new() { Width = 390, Height = 800 };
}
