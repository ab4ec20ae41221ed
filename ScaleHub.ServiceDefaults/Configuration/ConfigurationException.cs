namespace ScaleHub.ServiceDefaults.Configuration;

/// <summary>A setting is missing or not usable. The message is one line for the person who starts the program; it holds no
/// secret.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
